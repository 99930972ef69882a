// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

// putTarget adds what the request's target and the addresses tell. An attribute
// whose bytes were cut off is left out.
func putTarget(turn *protocol.Turn, call *protocol.Call, req *request) {
	t := parseTarget(&req.line)
	if t.scheme != "" {
		call.Text(semconv.URLScheme, t.scheme, true)
	}
	client := turn.Kind == protocol.Client
	if call.Brief && !client && !call.Paths && !call.WantsRoute() {
		return // the rest is for spans
	}
	path := call.Texts.Of(t.path)
	httpcall.PutPath(turn, call, path)
	if call.Brief && !client {
		return
	}

	host, port := serverOf(turn, call.Texts, req, &t)
	if host != "" {
		// a client's histogram needs the server by the conventions; a server's
		// would only gain a label that the caller chooses
		call.Text(semconv.ServerAddress, host, client)
		if port >= 0 {
			call.Number(semconv.ServerPort, int64(port), client)
		}
	}
	if call.Brief {
		return
	}
	named := host != "" && (!turn.Unix || host != turn.SocketName) // the path of a socket is no host of a URL
	if client && named && t.complete && t.scheme != "" && string(req.line.method) != "CONNECT" {
		call.Text(semconv.URLFull, httpcall.URL(call.Texts, t.scheme, host, port, path), false)
	}
	httpcall.PutPeer(turn, call, forwardedFor(turn, call, req))
	httpcall.PutText(call, semconv.UserAgentOriginal, call.Texts.Of(req.userAgent), false)
}

// serverOf returns the server that the request names, by its target before its
// Host (RFC 9112, section 3.2.2), and -1 for a port that is not known. A request that names none is for the socket's
// address; of one whose head was cut before it could, nothing is known. A Unix
// socket has no port.
func serverOf(turn *protocol.Turn, texts *protocol.Texts, req *request, t *target) (string, int) {
	socket, socketPort := turn.Local, -1
	if turn.Kind == protocol.Client {
		socket = turn.Remote
	}
	if !turn.Unix {
		socketPort = int(socket.Port())
	}
	authority, port := req.host, socketPort
	if t.absolute {
		authority, port = t.authority, httpcall.DefaultPort(t.scheme)
	}
	host, named := httpcall.SplitAuthority(authority)
	if len(host) == 0 {
		if req.headSize == 0 && !req.hostSeen || t.absolute && !t.complete {
			return "", 0
		}
		if turn.Unix {
			return turn.SocketName, -1
		}
		return texts.OfAddress(socket.Addr()), socketPort
	}
	if named >= 0 {
		port = named
	}
	return texts.Of(host), port
}

// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// otherMethod stands for a method that the conventions do not list.
const otherMethod = "_OTHER"

// knownMethod returns the method without an allocation, or otherMethod and
// false: methods come from outside and would be of unbounded cardinality.
func knownMethod(m []byte) (string, bool) {
	switch string(m) {
	case "GET":
		return "GET", true
	case "HEAD":
		return "HEAD", true
	case "POST":
		return "POST", true
	case "PUT":
		return "PUT", true
	case "DELETE":
		return "DELETE", true
	case "CONNECT":
		return "CONNECT", true
	case "OPTIONS":
		return "OPTIONS", true
	case "TRACE":
		return "TRACE", true
	case "PATCH":
		return "PATCH", true
	case "QUERY":
		return "QUERY", true
	}
	return otherMethod, false
}

// putTarget adds what the request's target and the addresses tell. An attribute
// whose bytes were cut off is left out.
func putTarget(turn *protocol.Turn, call *protocol.Call, req *request) {
	t := parseTarget(&req.line)
	if t.scheme != "" {
		call.Text(semconv.URLScheme, t.scheme, true)
	}
	client := turn.Kind == protocol.Client
	if call.Brief && !client {
		return // the rest is for spans
	}
	path := call.Texts.Of(t.path)
	putText(call, semconv.URLPath, path, false)

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
		call.Text(semconv.URLFull, urlOf(call.Texts, t.scheme, host, port, path), false)
	}
	putPeer(turn, call)
	putText(call, semconv.UserAgentOriginal, call.Texts.Of(req.userAgent), false)
}

// putPeer adds who is at the other end of the socket. The client's end of a Unix
// socket has no name.
func putPeer(turn *protocol.Turn, call *protocol.Call) {
	client := turn.Kind == protocol.Client
	if turn.Unix {
		call.Text(semconv.NetworkTransport, semconv.NetworkTransportUnix, false)
		if client {
			putText(call, semconv.NetworkPeerAddress, turn.SocketName, false)
		}
		return
	}
	peer := call.Texts.OfAddress(turn.Remote.Addr())
	if !client {
		call.Text(semconv.ClientAddress, peer, false)
	}
	call.Text(semconv.NetworkPeerAddress, peer, false)
	call.Number(semconv.NetworkPeerPort, int64(turn.Remote.Port()), false)
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
		authority, port = t.authority, defaultPort(t.scheme)
	}
	host, named := splitAuthority(authority)
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

// putText adds an attribute unless it is empty.
func putText(call *protocol.Call, key, value string, metric bool) {
	if value != "" {
		call.Text(key, value, metric)
	}
}

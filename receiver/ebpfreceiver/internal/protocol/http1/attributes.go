// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"net/netip"
	"strconv"

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

// putTarget adds what the request's target and the addresses tell. The query is
// left out: it may hold credentials.
func putTarget(turn *protocol.Turn, call *protocol.Call, req *request) {
	path := req.line.target
	authority := req.host
	if scheme := bytes.Index(path, []byte("://")); scheme > 0 && path[0] != '/' { // absolute-form (RFC 9112, section 3.2.2)
		rest := path[scheme+3:]
		if slash := bytes.IndexByte(rest, '/'); slash >= 0 {
			authority, path = rest[:slash], rest[slash:]
		} else {
			authority, path = rest, nil
		}
	} else if string(req.line.method) == "CONNECT" { // authority-form
		authority, path = path, nil
	}
	if q := bytes.IndexByte(path, '?'); q >= 0 {
		path = path[:q]
	}
	if f := bytes.IndexByte(path, '#'); f >= 0 {
		path = path[:f]
	}
	urlPath := string(path)
	if urlPath != "" {
		call.Text(semconv.URLPath, urlPath, false)
	}

	server := turn.Local
	if turn.Kind == protocol.Client {
		server = turn.Remote
	}
	address, port := splitAuthority(authority, server)
	// a client's histogram needs the server by the conventions; a server's would
	// only gain a label that the caller chooses
	call.Text(semconv.ServerAddress, address, turn.Kind == protocol.Client)
	call.Number(semconv.ServerPort, int64(port), turn.Kind == protocol.Client)
	if turn.Kind == protocol.Server {
		call.Text(semconv.ClientAddress, turn.Remote.Addr().String(), false)
	} else {
		call.Text(semconv.URLFull, "http://"+hostPort(address, port)+urlPath, false)
	}
	call.Text(semconv.NetworkPeerAddress, turn.Remote.Addr().String(), false)
	call.Number(semconv.NetworkPeerPort, int64(turn.Remote.Port()), false)
	if len(req.userAgent) > 0 {
		call.Text(semconv.UserAgentOriginal, string(req.userAgent), false)
	}
}

// splitAuthority returns the host and the port of an authority, completed by the
// socket's address.
func splitAuthority(authority []byte, socket netip.AddrPort) (string, uint16) {
	if len(authority) == 0 {
		return socket.Addr().String(), socket.Port()
	}
	if at := bytes.LastIndexByte(authority, '@'); at >= 0 { // user information is a credential
		authority = authority[at+1:]
	}
	host := authority
	if colon := bytes.LastIndexByte(authority, ':'); colon >= 0 && !bytes.HasSuffix(authority, []byte("]")) {
		if port, err := strconv.ParseUint(string(authority[colon+1:]), 10, 16); err == nil {
			return string(bytes.Trim(authority[:colon], "[]")), uint16(port)
		}
	}
	return string(bytes.Trim(host, "[]")), socket.Port()
}

func hostPort(host string, port uint16) string {
	if bytes.IndexByte([]byte(host), ':') >= 0 {
		host = "[" + host + "]"
	}
	if port == 80 {
		return host
	}
	return host + ":" + strconv.Itoa(int(port))
}

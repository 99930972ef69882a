// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"net/netip"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// PutPeer adds who is at the other end of the socket. The client's end of a Unix
// socket has no name. The client of a server is who a proxy asks for, if that is valid.
func PutPeer(turn *protocol.Turn, call *protocol.Call, forwardedFor netip.Addr) {
	client := turn.Kind == protocol.Client
	if !client && forwardedFor.IsValid() {
		call.Text(semconv.ClientAddress, call.Texts.OfAddress(forwardedFor), false)
	}
	if turn.Unix {
		call.Text(semconv.NetworkTransport, semconv.NetworkTransportUnix, false)
		if client {
			PutText(call, semconv.NetworkPeerAddress, turn.SocketName, false)
		}
		return
	}
	peer := call.Texts.OfAddress(turn.Remote.Addr())
	if !client && !forwardedFor.IsValid() {
		call.Text(semconv.ClientAddress, peer, false)
	}
	call.Text(semconv.NetworkPeerAddress, peer, false)
	call.Number(semconv.NetworkPeerPort, int64(turn.Remote.Port()), false)
}

// PutPath adds the path of the URL. To a server's histogram it is an attribute only
// where that is asked for: callers choose it. The route is told where it is.
func PutPath(turn *protocol.Turn, call *protocol.Call, path string) {
	if call.WantsRoute() && turn.Kind == protocol.Server {
		call.Route = call.Texts.Of(call.HTTP.Router.AppendRoute(call.Texts.Buffer(), path))
	}
	PutText(call, semconv.URLPath, path, call.Paths && turn.Kind == protocol.Server)
}

// KeepRoute drops the route of a path that the server did not have: it is of its caller's
// invention.
func KeepRoute(call *protocol.Call, status int) {
	if status == 404 {
		call.Route = ""
	}
}

// PutText adds an attribute unless it is empty.
func PutText(call *protocol.Call, key, value string, metric bool) {
	if value != "" {
		call.Text(key, value, metric)
	}
}

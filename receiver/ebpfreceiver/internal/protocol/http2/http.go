// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"strings"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

// version is the value of network.protocol.version.
const version = "2"

// fillHTTP makes a call by the conventions of HTTP.
func (st *stream) fillHTTP(turn *protocol.Turn, call *protocol.Call) {
	call.Family, call.Name = semconv.ProtocolHTTP, "HTTP"
	call.Metric = semconv.HTTPServerRequestDuration
	if turn.Kind == protocol.Client {
		call.Metric = semconv.HTTPClientRequestDuration
	}
	if st.method == "" {
		// not known: what the call is of has to be told otherwise
		call.Text(semconv.Protocol, semconv.ProtocolHTTP, false)
	} else {
		method, known := knownMethod(st.method)
		call.Text(semconv.HTTPRequestMethod, method, true)
		if known {
			call.Name = method
		} else {
			call.Text(semconv.HTTPRequestMethodOriginal, valid(st.method), false)
		}
	}
	call.Text(semconv.NetworkProtocolVersion, version, true)
	scheme := knownScheme(st.scheme)
	httpcall.PutText(call, semconv.URLScheme, scheme, true)
	path := ""
	if p, _, _ := strings.Cut(st.path, "?"); strings.HasPrefix(p, "/") {
		path, _, _ = strings.Cut(p, "#")
		path = valid(path)
	}
	httpcall.PutPath(turn, call, path)
	st.putServer(turn, call, scheme, path)
	httpcall.PutText(call, semconv.UserAgentOriginal, valid(st.userAgent), false)
	call.StatusClass = httpcall.StatusClass(st.status)
	st.putFurther(call, turn.Outcome == protocol.Answered)
	if turn.Outcome != protocol.Answered {
		return
	}
	httpcall.KeepRoute(call, st.status)
	if st.status != 0 {
		call.Number(semconv.HTTPResponseStatusCode, int64(st.status), true)
	}
	httpcall.PutStream(call, st.status, st.events, st.longPoll)
	switch {
	case st.status >= 500 || (turn.Kind == protocol.Client && st.status >= 400):
		call.Failed, call.ErrorType = true, httpcall.Code(st.status)
	case st.brokeOff && !st.codeKnown:
		call.Failed = true
	case st.brokeOff && st.code != 0:
		call.Failed, call.ErrorType = true, errorName(st.code)
	}
}

// putServer adds the server that the request names, or the socket's if it names
// none, and the other end.
func (st *stream) putServer(turn *protocol.Turn, call *protocol.Call, scheme, path string) {
	client := turn.Kind == protocol.Client
	host, port := "", -1
	if st.authority != "" {
		h, p := httpcall.SplitAuthority([]byte(st.authority))
		host, port = call.Texts.Of(h), p
	}
	socket := turn.Local
	if client {
		socket = turn.Remote
	}
	switch {
	case host == "" && st.unknownRequest:
		port = -1 // it may name one
	case host == "" && turn.Unix:
		host = turn.SocketName
	case host == "":
		host, port = call.Texts.OfAddress(socket.Addr()), int(socket.Port())
	case port < 0 && !turn.Unix:
		port = int(socket.Port())
	}
	if host != "" {
		call.Text(semconv.ServerAddress, host, client)
		if port >= 0 {
			call.Number(semconv.ServerPort, int64(port), client)
		}
	}
	if call.Brief {
		return
	}
	if client && path != "" && scheme != "" && host != "" && (!turn.Unix || host != turn.SocketName) {
		call.Text(semconv.URLFull, httpcall.URL(call.Texts, scheme, host, port, path), false)
	}
	httpcall.PutPeer(turn, call, st.forwardedFor(call))
}

// knownScheme is "http" or "https", empty for others and if it is not known.
func knownScheme(s string) string {
	if s == "http" || s == "https" {
		return s
	}
	return ""
}

// valid makes UTF-8 of text from outside.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// knownMethod is httpcall.Method.
func knownMethod(m string) (string, bool) { return httpcall.Method([]byte(m)) }

// errorNames are the error codes of RFC 9113, section 7.
var errorNames = [...]string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
	"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

// errorName returns the name of an error code; those without one are treated as
// INTERNAL_ERROR (the same section).
func errorName(code uint32) string {
	if code < uint32(len(errorNames)) {
		return errorNames[code]
	}
	return "INTERNAL_ERROR"
}

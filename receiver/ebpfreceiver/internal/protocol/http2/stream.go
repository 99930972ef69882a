// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"encoding/binary"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// stream is one request and its response. Times are those of the session.
type stream struct {
	id uint32

	// request and response tell whose headers were seen.
	request, response, responseEnded bool

	method, scheme, authority, path string
	contentType, userAgent          string
	// unknownRequest tells that fields of the request are not known, and
	// unknownStatus that fields of the response are not.
	unknownRequest, unknownStatus bool

	// headersEnd tells that headers ended the response.
	headersEnd bool
	// form is what the body of the request tells, if dataSeen.
	form     family
	dataSeen bool

	// events tells that the response is a stream of server-sent events, and longPoll that
	// the request asks to wait.
	events, longPoll bool
	// upgraded tells that the request was one of HTTP/1.
	upgraded bool
	// further are the headers that were asked for, and sizes those of the bodies.
	further [2][]hpack.HeaderField
	sizes   [2]bodySize
	// asked and said are the messages of gRPC in either direction.
	asked, said messages

	status     int
	grpcStatus int // -1: absent or not known
	// grpcMessage tells that the status came with words, and grpcTimeout how long the
	// client waits, 0: it did not say.
	grpcMessage bool
	grpcTimeout time.Duration
	// brokeOff tells that the server reset the stream, and code why, if codeKnown.
	brokeOff  bool
	code      uint32
	codeKnown bool
	resetBy   protocol.Outcome // of a response that was seen before its request

	startNs    uint64
	queueNs    uint64
	queueKnown bool
	firstNs    uint64 // of a response that was seen before its request
	lastNs     uint64 // of the response
	unproven   bool   // the start
	endUnknown bool

	touchedNs uint64
}

// open takes the headers of the request.
func (st *stream) open(o *fields, began moment) {
	st.request = true
	st.method, st.scheme, st.authority, st.path = o.method, o.scheme, o.authority, o.path
	st.contentType, st.userAgent = o.contentType, o.userAgent
	st.unknownRequest, st.longPoll, st.grpcTimeout = o.unknown, o.longPoll, o.grpcTimeout
	st.startNs, st.queueNs, st.queueKnown = began.ns, began.queueNs, began.queueKnown
	if st.firstNs != 0 && st.firstNs < st.startNs {
		// the request was on its way when the answer came: its start is not later than that
		st.startNs, st.unproven = st.firstNs, true
	}
}

// errorCode takes the payload of the server's RST_STREAM.
func (st *stream) errorCode(payload []byte) {
	st.brokeOff = true
	if len(payload) == 4 {
		st.code, st.codeKnown = binary.BigEndian.Uint32(payload), true
	}
}

// fill makes a call of the stream, which ended.
func (st *stream) fill(turn *protocol.Turn, call *protocol.Call, endNs uint64) {
	if st.resetBy != protocol.Answered && (!st.response || st.family() == familyGRPC) {
		turn.Outcome = st.resetBy
	}
	call.Kind, call.Outcome = turn.Kind, turn.Outcome
	call.StartUnixNano, call.EndUnixNano = st.startNs, max(endNs, st.startNs)
	call.QueueNs, call.QueueKnown = st.queueNs, st.queueKnown && turn.Kind == protocol.Server
	call.StartUnproven, call.EndUnknown = st.unproven, st.endUnknown
	if st.family() == familyGRPC {
		st.fillGRPC(turn, call)
	} else {
		st.fillHTTP(turn, call)
	}
	if turn.Outcome == protocol.Answered {
		return
	}
	call.StatusClass = semconv.StatusClassUnknown
	call.ErrorType = turn.Outcome.String()
	call.Failed = turn.Outcome == protocol.AbortedByServer || turn.Kind == protocol.Client
}

// family tells gRPC from other HTTP: by the content type, or the status. Where those
// are not known, gRPC posts messages, which have a form, and ends responses with
// headers; gRPC-Web has the same form, and ends them with data.
func (st *stream) family() family {
	switch {
	case st.contentType != "" && isGRPCType(st.contentType), st.grpcStatus >= 0:
		return familyGRPC
	case st.contentType != "", !st.unknownRequest, st.upgraded, st.method != "" && st.method != "POST":
		return familyHTTP
	}
	if st.form == familyGRPC && !st.headersEnd {
		return familyUnknown
	}
	return st.form
}

// family is what a stream is of.
type family uint8

const (
	familyUnknown family = iota
	familyHTTP
	familyGRPC
)

// isGRPCType tells gRPC's content type from others: application/grpc, alone or with
// a subtype or parameters; gRPC-Web is another protocol.
func isGRPCType(contentType string) bool {
	rest, ok := strings.CutPrefix(contentType, "application/grpc")
	return ok && (rest == "" || rest[0] == '+' || rest[0] == ';')
}

// messagePrefix is the length of what is in front of a message of gRPC.
const messagePrefix = 5

// formOf looks at a DATA frame, of which b is the beginning of the payload: a
// message of gRPC begins with a flag and a length, which reaches the frame's end or
// goes beyond it.
func formOf(f *frame, b []byte) family {
	const most = 64 << 20
	if f.flags&flagPadded != 0 || len(b) < messagePrefix {
		return familyUnknown
	}
	if n := binary.BigEndian.Uint32(b[1:]); b[0] <= 1 && n <= most && n+messagePrefix >= f.length {
		return familyGRPC
	}
	return familyHTTP
}

// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"net/netip"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

// putHeaders adds the headers that spans are asked to carry, of the head in b, whose
// first line is so long; 0: its end was not captured.
func putHeaders(call *protocol.Call, wanted protocol.Headers, b []byte, firstLine int) {
	if len(wanted) == 0 || call.Brief || firstLine == 0 {
		return
	}
	w := fieldWalk{b: b[firstLine:]}
	for field, more := w.next(); more; field, more = w.next() {
		name, value, ok := bytes.Cut(field, []byte{':'})
		if !ok {
			continue
		}
		if h, ok := httpcall.Wanted(wanted, name); ok {
			httpcall.PutHeader(call, h, trimBlanks(value))
		}
	}
}

// forwardedFor returns whom a proxy asks for, not valid if nobody asked, or none said.
func forwardedFor(turn *protocol.Turn, call *protocol.Call, req *request) netip.Addr {
	if call.HTTP == nil || !call.HTTP.ForwardedClient || turn.Kind != protocol.Server || req.line.size == 0 {
		return netip.Addr{}
	}
	for _, header := range httpcall.ForwardedHeaders {
		w := fieldWalk{b: turn.Request[req.line.size:]}
		for field, more := w.next(); more; field, more = w.next() {
			if value, is := valueOf(field, header); is {
				if a := httpcall.ForwardedFor(header, string(value)); a.IsValid() {
					return a
				}
				break
			}
		}
	}
	return netip.Addr{}
}

// putSizes adds the lengths of the bodies that say theirs.
func putSizes(turn *protocol.Turn, call *protocol.Call, req *request, resp *response, method string) {
	if call.HTTP == nil || !call.HTTP.BodySizes {
		return
	}
	if req.lengthSeen && !req.sizeUnknown {
		call.Number(semconv.HTTPRequestBodySize, int64(req.contentLength), false)
	}
	if turn.Outcome == protocol.Answered && resp.lengthKnown && resp.body(method, turn.Status) == bodyLength {
		call.Number(semconv.HTTPResponseBodySize, int64(resp.contentLength), false)
	}
}

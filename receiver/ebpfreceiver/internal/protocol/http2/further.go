// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"net/netip"
	"slices"

	"golang.org/x/net/http2/hpack"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

// Sides of a stream.
const (
	asked = iota // by the client
	said         // by the server
)

func sideOf(ofClient bool) int {
	if ofClient {
		return asked
	}
	return said
}

// bodySize is how long a body is.
type bodySize struct {
	said    int64 // by the headers, not above zero: it was not
	octets  int64 // of the DATA frames so far
	ended   bool  // with them
	unknown bool  // they are padded
}

// add takes a frame, whose padding nobody kept the length of.
func (s *bodySize) add(f *frame) {
	s.octets += int64(f.length)
	s.ended = s.ended || f.flags&flagEndStream != 0
	s.unknown = s.unknown || f.flags&flagPadded != 0
}

// put adds it, if it is known. A server may answer before it has all of a request, whose
// headers mostly say how long it is. touched: something may be missing of what was seen.
func (s *bodySize) put(call *protocol.Call, key string, touched bool) {
	switch {
	case !call.HTTP.BodySizes:
	case s.said > 0:
		call.Number(key, s.said, false)
	case s.ended && !s.unknown && !touched:
		call.Number(key, s.octets, false)
	}
}

func octetsOf(headers []hpack.HeaderField) int {
	n := 0
	for i := range headers {
		n += len(headers[i].Name) + len(headers[i].Value)
	}
	return n
}

// keep returns headers to be kept with a stream, as many as there is room for.
func (s *session) keep(headers []hpack.HeaderField) []hpack.HeaderField {
	n := octetsOf(headers)
	if n == 0 || n > maxFurther || !s.env.Room.TakeBytes(n) {
		return nil
	}
	return slices.Clone(headers)
}

// putHeaders adds the headers of a side that spans are asked to carry.
func (st *stream) putHeaders(call *protocol.Call, wanted protocol.Headers, side int) {
	for i := range st.further[side] {
		f := &st.further[side][i]
		if h, ok := httpcall.Wanted(wanted, []byte(f.Name)); ok {
			httpcall.PutHeader(call, h, []byte(f.Value))
		}
	}
}

// forwardedFor returns whom a proxy asks for, not valid if nobody asked, or none said.
func (st *stream) forwardedFor(call *protocol.Call) netip.Addr {
	if call.HTTP == nil || !call.HTTP.ForwardedClient {
		return netip.Addr{}
	}
	for _, header := range httpcall.ForwardedHeaders {
		for i := range st.further[asked] {
			if f := &st.further[asked][i]; f.Name == header {
				if a := httpcall.ForwardedFor(header, f.Value); a.IsValid() {
					return a
				}
				break
			}
		}
	}
	return netip.Addr{}
}

// putFurther adds what was asked for of a call of HTTP. answered: its response is whole.
func (st *stream) putFurther(call *protocol.Call, answered bool) {
	o := call.HTTP
	if o == nil || call.Brief {
		return
	}
	st.putHeaders(call, o.RequestHeaders, asked)
	st.sizes[asked].put(call, semconv.HTTPRequestBodySize, st.touchedNs != 0)
	if !answered {
		return
	}
	st.putHeaders(call, o.ResponseHeaders, said)
	st.sizes[said].put(call, semconv.HTTPResponseBodySize, st.touchedNs != 0)
}

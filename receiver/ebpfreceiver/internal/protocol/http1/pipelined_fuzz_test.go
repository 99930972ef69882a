// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

// FuzzPipelined feeds both directions from anywhere, in pieces, with gaps.
func FuzzPipelined(f *testing.F) {
	for _, c := range loadConversations(f) {
		client, server := c.Directions()
		f.Add(client, server, uint16(511), uint16(0), c.Link.Kind == protocol.Client)
		f.Add(client, server, uint16(20), uint16(7), c.Link.Kind == protocol.Client)
	}
	f.Fuzz(func(t *testing.T, client, server []byte, piece, gapAt uint16, isClient bool) {
		room := &protocol.Room{Streams: 100, Bytes: 100_000}
		before := *room
		link := &protocol.Link{Kind: protocol.Server, FromStart: true}
		requests, responses := protocol.Received, protocol.Sent
		if isClient {
			link.Kind, requests, responses = protocol.Client, responses, requests
		}
		var got found
		s := got.start(link, room)
		size, ns := int(piece)%512+1, uint64(1)
		feed := func(b []byte, d protocol.Direction) []byte {
			n := min(size, len(b))
			if n == 0 {
				return nil
			}
			ns++
			if gapAt > 0 && ns%uint64(gapAt) == 0 {
				s.Miss(d, uint32(n), ns, false)
			} else {
				s.Read(&protocol.Chunk{Direction: d, Bytes: b[:n], Begins: true, TimeNs: ns, QueueNs: 1, QueueKnown: true})
			}
			return b[n:]
		}
		for len(client)+len(server) > 0 {
			client = feed(client, requests)
			server = feed(server, responses)
		}
		require.LessOrEqual(t, before.Streams-room.Streams, 100)
		s.Expire(ns)
		s.Close(isClient, ns+1)
		require.Equal(t, before, *room, "what was held is given back")
		for i := range got.Calls {
			requireSound(t, &got.Calls[i])
			require.GreaterOrEqual(t, got.Calls[i].EndUnixNano, got.Calls[i].StartUnixNano)
		}
	})
}

// TestHostilePipelines: whatever a peer sends, what is held is bounded, and each request
// is counted.
func TestHostilePipelines(t *testing.T) {
	const ask, say = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	tests := map[string]func(t *testing.T, f *found, pass func(d protocol.Direction, text string)){
		"a million requests without an answer": func(t *testing.T, f *found, pass func(d protocol.Direction, text string)) {
			for range 1_000_000 {
				pass(protocol.Received, ask)
			}
			assert.EqualValues(t, 1_000_000, f.Unknown)
		},
		"a head without an end": func(t *testing.T, f *found, pass func(d protocol.Direction, text string)) {
			pass(protocol.Received, "GET /a HTTP/1.1\r\n")
			for range 1000 {
				pass(protocol.Received, string(bytes.Repeat([]byte("x: y\r\n"), 300)))
			}
			assert.EqualValues(t, 1, f.Unknown)
		},
		"answers that nobody asked for": func(t *testing.T, f *found, pass func(d protocol.Direction, text string)) {
			for range 10_000 {
				pass(protocol.Sent, say)
			}
			assert.Empty(t, f.Calls)
		},
		"a tunnel": func(t *testing.T, f *found, pass func(d protocol.Direction, text string)) {
			pass(protocol.Received, "CONNECT a:443 HTTP/1.1\r\n\r\n")
			pass(protocol.Sent, "HTTP/1.1 200 OK\r\n\r\n")
			for range 100 {
				pass(protocol.Received, ask)
				pass(protocol.Sent, strings.Repeat(say, 10))
			}
			assert.Len(t, f.Calls, 1)
			assert.Zero(t, f.Unknown)
			assert.Zero(t, f.session.earlyN)
		},
		"lengths of 2^63": func(t *testing.T, f *found, pass func(d protocol.Direction, text string)) {
			pass(protocol.Received, "POST /a HTTP/1.1\r\nContent-Length: 9223372036854775808\r\n\r\n"+ask)
			assert.Zero(t, f.session.open.len())
			assert.EqualValues(t, 2, f.Unknown, "the one, and what may stand behind it")
		},
		"a chunk of 2^63": func(t *testing.T, f *found, pass func(d protocol.Direction, text string)) {
			pass(protocol.Received, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\n"+ask)
			assert.Zero(t, f.session.open.len())
			assert.EqualValues(t, 2, f.Unknown, "the one, and what may stand behind it")
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			room := &protocol.Room{Streams: 65536, Bytes: 16 << 20}
			before := *room
			var f found
			s := f.start(&protocol.Link{Kind: protocol.Server, FromStart: true}, room)
			test(t, &f, func(d protocol.Direction, text string) {
				s.Read(&protocol.Chunk{Direction: d, Bytes: []byte(text), Begins: true, TimeNs: 1})
				require.LessOrEqual(t, before.Bytes-room.Bytes, 2*maxHead)
				require.LessOrEqual(t, before.Streams-room.Streams, maxOpen)
			})
			s.Abandon()
			assert.Equal(t, before, *room)
		})
	}
}

// BenchmarkPipelined: an operation is sixteen requests in one write, and their answers
// in another.
func BenchmarkPipelined(b *testing.B) {
	const depth = 16
	asks := bytes.Repeat([]byte("GET /api/orders/42 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: wrk/4.1\r\n\r\n"), depth)
	says := bytes.Repeat([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"), depth)
	sink := &protocoltest.Counted{}
	env := &protocol.Environment{Call: &protocol.Call{Texts: protocol.NewTexts()}, Sink: sink}
	s := Pipelined{}.Open(&protocol.Link{Kind: protocol.Server, FromStart: true}, env)
	b.ReportAllocs()
	var chunk protocol.Chunk // one for all, as the receiver has
	for b.Loop() {
		chunk = protocol.Chunk{Direction: protocol.Received, Bytes: asks, Begins: true, TimeNs: 1}
		s.Read(&chunk)
		chunk = protocol.Chunk{Direction: protocol.Sent, Bytes: says, Begins: true, TimeNs: 2}
		s.Read(&chunk)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(depth*b.N), "ns/request")
	protocoltest.Calibrate(b)
	if sink.Calls != depth*b.N {
		b.Fatalf("%d calls of %d", sink.Calls, depth*b.N)
	}
}

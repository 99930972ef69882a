// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

// hostile is a session that a peer does its worst to.
type hostile struct {
	*found
	protocol.Session
	room  protocol.Room
	whole protocol.Room
}

func newHostile() *hostile {
	h := &hostile{found: &found{}, room: protocol.Room{Streams: 65536, Bytes: 16 << 20}}
	h.whole = h.room
	h.Session = h.start(&protocol.Link{Kind: protocol.Server, FromStart: true}, &h.room)
	h.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	return h
}

func (h *hostile) say(b string) {
	h.Read(&protocol.Chunk{Direction: protocol.Received, Bytes: []byte(b), Begins: true, TimeNs: 1})
}

func (h *hostile) frame(kind, flags byte, stream uint32, payload []byte) {
	h.say(string(protocoltest.RawFrame(http2.FrameType(kind), flags, stream, payload)))
}

// heapAfter is what is in use behind a collection of garbage.
func heapAfter() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestHostilePeers: whatever a peer sends, what is held is bounded, and given back.
func TestHostilePeers(t *testing.T) {
	get := []byte{0x82, 0x86, 0x84}
	tests := map[string]func(h *hostile){
		"a million streams": func(h *hostile) {
			for id := uint32(1); id < 2_000_000; id += 2 {
				h.frame(frameHeaders, flagEndHeaders|flagEndStream, id, get)
			}
			assert.Len(t, h.session.streams, maxStreams)
			assert.EqualValues(t, 1_000_000-maxStreams, h.indeterminate)
		},
		"an endless header block": func(h *hostile) {
			h.frame(frameHeaders, 0, 1, get)
			for range 1000 {
				h.frame(frameContinuation, 0, 1, bytes.Repeat([]byte{0x82}, 16<<10))
			}
			assert.GreaterOrEqual(t, h.room.Bytes, h.whole.Bytes-2*maxPayload)
		},
		"header blocks that are never ended": func(h *hostile) {
			for id := uint32(1); id < 20_000; id += 2 {
				h.frame(frameHeaders, 0, id, bytes.Repeat([]byte{0x82}, 8<<10))
			}
			assert.GreaterOrEqual(t, h.room.Bytes, h.whole.Bytes-2*maxPayload)
		},
		"a header of 2^24 bytes, and no more": func(h *hostile) {
			h.say("\xff\xff\xff\x01\x04\x00\x00\x00\x01")
			for range 300 {
				h.say(string(make([]byte, 16<<10)))
			}
			assert.Equal(t, h.whole.Bytes, h.room.Bytes)
		},
		"an HPACK bomb": func(h *hostile) {
			value := bytes.Repeat([]byte{'x'}, 4000)
			block := append([]byte{0x40, 1, 'a', 0x7f, 0xa1, 0x1e}, value...) // a: 4,000 letters, indexed
			h.frame(frameHeaders, flagEndHeaders|flagEndStream, 1, block)
			for id := uint32(3); id < 2000; id += 2 {
				h.frame(frameHeaders, flagEndHeaders|flagEndStream, id, bytes.Repeat([]byte{0xbe}, 16<<10)) // it, 16,384 times
			}
		},
		"a table of 2^31 octets, filled": func(h *hostile) {
			h.frame(frameHeaders, flagEndHeaders, 1, []byte{0x3f, 0xe1, 0xff, 0xff, 0xff, 0x07})
			for i := range 20_000 {
				block := append([]byte{0x40, 4}, binary.BigEndian.AppendUint32(nil, uint32(i))...)
				block = append(append(block, 0x7f, 0xa1, 0x06), make([]byte, 800+128)...)
				h.frame(frameHeaders, flagEndHeaders|flagEndStream, uint32(2*i+3), block)
			}
		},
		"noise": func(h *hostile) {
			random := rand.New(rand.NewPCG(5, 6))
			b := make([]byte, 4096)
			for range 2000 {
				for i := range b {
					b[i] = byte(random.Uint32())
				}
				h.say(string(b))
			}
		},
		"resets of streams that are not there": func(h *hostile) {
			for id := uint32(1); id < 200_000; id += 2 {
				h.frame(frameRSTStream, 0, id, []byte{0, 0, 0, 8})
			}
			assert.Empty(t, h.calls)
		},
		"opened and reset": func(h *hostile) { // CVE-2023-44487
			for id := uint32(1); id < 200_000; id += 2 {
				h.frame(frameHeaders, flagEndHeaders|flagEndStream, id, get)
				h.frame(frameRSTStream, 0, id, []byte{0, 0, 0, 8})
				h.calls = h.calls[:0]
			}
			assert.Empty(t, h.session.streams)
		},
		"responses to nothing": func(h *hostile) {
			for id := uint32(1); id < 200_000; id += 2 {
				h.Read(&protocol.Chunk{Direction: protocol.Sent, Bytes: protocoltest.RawFrame(frameHeaders, flagEndHeaders|flagEndStream, id, []byte{0x88}), TimeNs: 1})
			}
			assert.Len(t, h.session.streams, maxStreams)
		},
		"gaps without end": func(h *hostile) {
			for id := uint32(1); id < 20_000; id += 2 {
				h.Read(&protocol.Chunk{
					Direction: protocol.Received, Bytes: protocoltest.RawFrame(frameHeaders, flagEndHeaders|flagEndStream, id, get), TimeNs: 1,
					Begins: true, BoundaryKnown: true,
				})
				h.Miss(protocol.Received, 1, 1, false)
			}
			h.Expire(1 << 62)
			assert.Empty(t, h.session.streams)
			assert.EqualValues(t, 10_000, h.indeterminate)
		},
	}
	for name, attack := range tests {
		t.Run(name, func(t *testing.T) {
			before := heapAfter()
			h := newHostile()
			attack(h)
			after := heapAfter()
			assert.Less(t, int64(after)-int64(before), int64(4<<20), "bytes that are held")
			h.Abandon()
			require.Equal(t, h.whole, h.room)
		})
	}
}

// TestRoomIsShared: what one session takes is missing for the others, and counted.
func TestRoomIsShared(t *testing.T) {
	room := &protocol.Room{Streams: 3, Bytes: 100}
	var a, b found
	first := a.start(&protocol.Link{Kind: protocol.Server, FromStart: true}, room)
	second := b.start(&protocol.Link{Kind: protocol.Server, FromStart: true}, room)
	for _, s := range []protocol.Session{first, second} {
		for id := uint32(1); id < 5; id += 2 {
			s.Read(&protocol.Chunk{Bytes: protocoltest.RawFrame(frameHeaders, flagEndHeaders, id, []byte{0x82}), TimeNs: 1})
		}
	}
	assert.Zero(t, a.indeterminate)
	assert.EqualValues(t, 1, b.indeterminate)
	// a header block in parts, for which there is no room: the request is unknown
	half := protocoltest.RawFrame(frameHeaders, flagEndHeaders, 5, bytes.Repeat([]byte{0x82}, 200))
	first.Close(true, 1)
	assert.Len(t, a.calls, 2)
	second.Read(&protocol.Chunk{Bytes: half[:150], TimeNs: 2})
	second.Read(&protocol.Chunk{Bytes: half[150:], TimeNs: 3})
	second.Close(true, 4)
	assert.EqualValues(t, 2, b.indeterminate, "neither HTTP nor gRPC, as far as is known")
	assert.Equal(t, protocol.Room{Streams: 3, Bytes: 100}, *room)
}

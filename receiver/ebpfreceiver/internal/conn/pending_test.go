// SPDX-License-Identifier: Apache-2.0

package conn

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

const second = uint64(time.Second)

// released is one call of Release.
type released struct {
	conn  uint64
	endNs uint64
	ended bool
}

// held gives a call of a connection's exchange whose response has length bytes,
// 0 if that is not known.
func held(conn uint64, sequence uint32, length uint64) *Held {
	return &Held{Call: &protocol.Call{}, Conn: conn, Sequence: sequence, EndNs: 10, Length: length}
}

func tail(conn uint64, sequence uint32, endNs, bytes uint64, flags uint8) *record.Tail {
	return &record.Tail{SocketTailRecord: bpf.SocketTailRecord{
		Kind: uint8(record.KindTail), Conn: conn, Sequence: sequence, EndNs: endNs, ResponseBytes: bytes, Flags: flags,
	}}
}

const final = uint8(bpf.SocketTailFlagTAIL_FINAL)

func TestPending(t *testing.T) {
	tests := []struct {
		what string
		do   func(p *Pending)
		want []released
	}{
		{"nothing was told yet", func(p *Pending) { p.Add(held(1, 1, 0), 100, 0) }, nil},
		{"the final tail ends it, with its time", func(p *Pending) {
			p.Add(held(1, 1, 0), 100, 0)
			p.Tail(tail(1, 1, 50, 200, 0))
			p.Tail(tail(1, 1, 90, 300, final))
		}, []released{{1, 90, true}}},
		{"the next exchange ends a response of unknown length, with the last byte known", func(p *Pending) {
			p.Add(held(1, 1, 0), 100, 0)
			p.Tail(tail(1, 1, 50, 200, 0))
			p.Next(1)
		}, []released{{1, 50, true}}},
		{"the next exchange ends a response whose length was reached", func(p *Pending) {
			p.Add(held(1, 1, 200), 100, 0)
			p.Tail(tail(1, 1, 50, 200, 0))
			p.Next(1)
		}, []released{{1, 50, true}}},
		{"the next exchange before the length was reached: the tail was lost, the end is unknown", func(p *Pending) {
			p.Add(held(1, 1, 300), 100, 0)
			p.Next(1)
		}, []released{{1, 10, false}}},
		{"another connection's next exchange ends nothing", func(p *Pending) {
			p.Add(held(1, 1, 0), 100, 0)
			p.Next(2)
		}, nil},
		{"adding the next exchange ends the one before", func(p *Pending) {
			p.Add(held(1, 1, 0), 100, 0)
			p.Add(held(1, 2, 0), 100, 0)
		}, []released{{1, 10, true}}},
		{"a tail of another exchange of the connection tells nothing", func(p *Pending) {
			p.Add(held(1, 2, 0), 100, 0)
			p.Tail(tail(1, 1, 90, 300, final))
		}, nil},
		{"a tail of another connection tells nothing", func(p *Pending) {
			p.Add(held(1, 1, 0), 100, 0)
			p.Tail(tail(2, 1, 90, 300, final))
		}, nil},
		{"a response is waited for as long as the bound", func(p *Pending) {
			p.Add(held(1, 1, 0), 100, second)
			p.Expire(second + uint64(patience))
		}, nil},
		{"but no longer: it has an unknown end", func(p *Pending) {
			p.Add(held(1, 1, 300), 100, second)
			p.Expire(second + uint64(patience) + 1)
		}, []released{{1, 10, false}}},
		{"one that goes on and on is let go with its last byte so far", func(p *Pending) {
			p.Add(held(1, 1, 0), 100, 0)
			p.Tail(tail(1, 1, 50, 200, 0))
			p.Expire(uint64(patience) + 1)
		}, []released{{1, 50, false}}},
		{"expiry leaves the younger ones", func(p *Pending) {
			p.Add(held(2, 1, 0), 100, 0)
			p.Add(held(1, 1, 300), 100, 0)
			p.Add(held(3, 1, 0), 100, second)
			p.Expire(uint64(patience) + 1)
		}, []released{{2, 10, false}, {1, 10, false}}},
		{"at the end all are let go, the oldest first", func(p *Pending) {
			p.Add(held(2, 1, 0), 100, 0)
			p.Add(held(1, 1, 300), 100, 0)
			p.Flush()
		}, []released{{2, 10, false}, {1, 10, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			var got []released
			p := NewPending(func(h *Held, ended bool) { got = append(got, released{h.Conn, h.EndNs, ended}) })
			tt.do(p)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestTailTellsWhetherItWasTaken(t *testing.T) {
	p := NewPending(func(*Held, bool) {})
	p.Add(held(1, 1, 0), 100, 0)
	assert.False(t, p.Tail(tail(1, 2, 90, 300, final)))
	assert.True(t, p.Tail(tail(1, 1, 90, 300, final)))
	assert.False(t, p.Tail(tail(1, 1, 95, 300, final)), "it is not held any more")
	assert.Zero(t, p.Len())
}

// TestBound: the oldest goes first, with an unknown end.
func TestBound(t *testing.T) {
	var got []released
	p := NewPending(func(h *Held, ended bool) { got = append(got, released{h.Conn, h.EndNs, ended}) })
	for conn := range uint64(maxPending) {
		p.Add(held(conn, 1, 0), 100, conn)
	}
	require.Empty(t, got)
	require.Equal(t, maxPending, p.Len())
	p.Add(held(maxPending, 1, 0), 100, maxPending)
	require.Equal(t, []released{{0, 10, false}}, got)
	require.Equal(t, maxPending, p.Len())
	p.Add(held(5, 2, 0), 100, maxPending)
	require.Equal(t, []released{{0, 10, false}, {5, 10, true}}, got, "a connection's next takes its own place")
}

// TestTruncated: a response broke off if the server ended the connection, all that it
// sent was seen, and that is not the whole.
func TestTruncated(t *testing.T) {
	const (
		cut    = final | uint8(bpf.SocketTailFlagTAIL_CUT)
		mayEnd = uint8(bpf.SocketTailFlagTAIL_MAY_END)
	)
	for _, tt := range []struct {
		what    string
		length  uint64
		chunked bool
		bytes   uint64
		flags   uint8
		want    bool
	}{
		{"of a length that was not reached", 300, false, 299, cut, true},
		{"whole", 300, false, 300, cut, false},
		{"the connection moved on, or the client left", 300, false, 299, final, false},
		{"not the end yet", 300, false, 299, cut &^ final, false},
		{"of no length: it ends with its connection", 0, false, 299, cut, false},
		{"chunked, without a last chunk", 0, true, 299, cut, true},
		{"chunked, and may have had one", 0, true, 299, cut | mayEnd, false},
		{"of a length, its last bytes do not matter", 300, false, 299, cut | mayEnd, true},
	} {
		var got []bool
		p := NewPending(func(h *Held, _ bool) { got = append(got, h.Truncated) })
		h := held(1, 1, tt.length)
		h.Chunked = tt.chunked
		p.Add(h, 100, 0)
		p.Tail(tail(1, 1, 90, tt.bytes, tt.flags))
		p.Flush()
		assert.Equal(t, []bool{tt.want}, got, tt.what)
	}
}

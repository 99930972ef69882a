// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

func TestConversations(t *testing.T) {
	for _, c := range loadConversations(t) {
		t.Run(c.Name, func(t *testing.T) {
			room := &protocol.Room{Streams: 1000, Bytes: 1 << 20}
			f := c.parsed(room)
			got := f.describe()
			if protocoltest.Update() {
				require.NoError(t, os.WriteFile("testdata/conversations/"+c.Name+".txt", []byte(c.Input+"\nexpect\n"+got), 0o644))
				return
			}
			assert.Equal(t, c.Want, got)
			assert.Equal(t, 1000-len(f.session.streams), room.Streams, "what is held is taken, and what ended is given back")
			f.session.Abandon()
			assert.Equal(t, protocol.Room{Streams: 1000, Bytes: 1 << 20}, *room)
			assert.Zero(t, f.session.early)
			assert.Zero(t, f.session.touched)
		})
	}
}

// TestSplitAtEveryByte: in whatever pieces the bytes come, the same comes of them.
func TestSplitAtEveryByte(t *testing.T) {
	for _, c := range loadConversations(t) {
		if c.Name == "raw_garbage" {
			continue // an I/O that proves itself has to come whole
		}
		want := c.parsed(nil).describe()
		for i, x := range c.IO {
			for cut := 1; cut < len(x.Bytes); cut++ {
				var f found
				c.play(&f, nil, func(s protocol.Session, j int, chunk *protocol.Chunk) {
					if j != i {
						s.Read(chunk)
						return
					}
					rest := *chunk
					rest.Bytes, rest.Begins, rest.BoundaryKnown = chunk.Bytes[cut:], false, false
					chunk.Bytes = chunk.Bytes[:cut]
					s.Read(chunk)
					s.Read(&rest)
				})
				require.Equal(t, want, f.describe(), "%s: I/O %d cut at %d", c.Name, i, cut)
			}
		}
		var f found // all byte by byte
		c.play(&f, nil, func(s protocol.Session, _ int, chunk *protocol.Chunk) {
			for k := range chunk.Bytes {
				one := *chunk
				one.Bytes, one.Begins, one.BoundaryKnown = chunk.Bytes[k:k+1], k == 0, chunk.BoundaryKnown && k == 0
				s.Read(&one)
			}
		})
		require.Equal(t, want, f.describe(), c.Name)
	}
}

// lossy plays a conversation in which bytes from one to another of an I/O are not
// seen.
func (c *conversation) lossy(i, from, to int, kernel bool) *found {
	var f found
	c.play(&f, nil, func(s protocol.Session, j int, chunk *protocol.Chunk) {
		if j != i {
			if kernel && chunk.Direction == c.direction(c.IO[i].Client) {
				chunk.BoundaryKnown = true // I/Os of these conversations begin with a frame
			}
			s.Read(chunk)
			return
		}
		rest := *chunk
		rest.Bytes, rest.Begins, rest.BoundaryKnown = chunk.Bytes[to:], false, false
		chunk.Bytes = chunk.Bytes[:from]
		if from > 0 {
			s.Read(chunk)
		}
		s.Miss(chunk.Direction, uint32(to-from), chunk.TimeNs, false)
		if len(rest.Bytes) > 0 {
			s.Read(&rest)
		}
	})
	return &f
}

// TestGapAtEveryPosition: what a gap makes of a conversation is unknown, never
// wrong, and no call is lost without a count.
func TestGapAtEveryPosition(t *testing.T) {
	for _, c := range loadConversations(t) {
		if strings.HasPrefix(c.Name, "raw_") {
			continue // I/Os that are no whole frames
		}
		want := c.parsed(nil)
		for i, x := range c.IO {
			for from := range x.Bytes {
				for _, to := range []int{from + 1, len(x.Bytes)} {
					for _, kernel := range []bool{true, false} {
						got := c.lossy(i, from, to, kernel)
						what := fmt.Sprintf("%s: I/O %d without %d to %d (kernel %v)", c.Name, i, from, to, kernel)
						requireOnlyUnknown(t, what, want, got, kernel)
					}
				}
			}
		}
	}
}

// requireOnlyUnknown: each call that is left says a part of what it would have said.
func requireOnlyUnknown(t *testing.T, what string, want, got *found, counted bool) {
	for _, g := range got.calls {
		k := slices.IndexFunc(want.calls, func(w foundCall) bool { return w.stream == g.stream })
		require.GreaterOrEqual(t, k, 0, "%s: stream %d is invented", what, g.stream)
		w := want.calls[k].call
		protocoltest.RequirePart(t, fmt.Sprintf("%s: stream %d", what, g.stream), &w, &g.call)
	}
	lost := len(want.calls) - len(got.calls)
	open := len(got.session.streams) - len(want.session.streams)
	if counted {
		require.LessOrEqual(t, lost, int(got.indeterminate)+got.boundary+max(open, 0)+unseenAtEnd(want, got), "%s: calls are gone without a count", what)
	}
}

// unseenAtEnd is how many calls went behind the last request that was seen after a
// gap: nothing tells that they were there.
func unseenAtEnd(want, got *found) int {
	n := 0
	for _, w := range want.calls {
		if w.stream > got.session.lastRequest {
			n++
		}
	}
	return n
}

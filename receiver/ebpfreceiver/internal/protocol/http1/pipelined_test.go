// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

func loadConversations(t testing.TB) []protocoltest.Conversation {
	return protocoltest.LoadConversations(t, "testdata/conversations")
}

// found is what a session told.
type found struct {
	protocoltest.Collected
	session *session
}

// start opens a session that tells f.
func (f *found) start(link *protocol.Link, room *protocol.Room) protocol.Session {
	s := Pipelined{}.Open(link, &protocol.Environment{Call: &protocol.Call{Texts: protocol.NewTexts()}, Sink: f, Room: room})
	f.session = s.(*session)
	return s
}

// play feeds the I/Os through feed, which may cut or lose some of their bytes.
func play(c *protocoltest.Conversation, f *found, room *protocol.Room, feed func(s protocol.Session, i int, chunk *protocol.Chunk)) {
	s := f.start(&c.Link, room)
	for i, x := range c.IO {
		if x.Closes != "" {
			s.Close((x.Closes == "client") == (c.Link.Kind == protocol.Server), x.Ns)
			continue
		}
		chunk := c.Chunk(x)
		feed(s, i, chunk)
		for k := range chunk.Bytes { // ring memory is reused
			chunk.Bytes[k] = '#'
		}
	}
	s.Expire(1 << 62)
}

// whole is what comes of a conversation without a loss.
func whole(c *protocoltest.Conversation, room *protocol.Room) *found {
	var f found
	play(c, &f, room, func(s protocol.Session, _ int, chunk *protocol.Chunk) { s.Read(chunk) })
	return &f
}

func (f *found) describe() string {
	var b strings.Builder
	for i := range f.Calls {
		fmt.Fprintf(&b, "call %d\n%s", i+1, protocoltest.DescribeCall(&f.Calls[i]))
	}
	if n := f.session.open.len(); n > 0 {
		fmt.Fprintln(&b, "open", n)
	}
	if f.Unknown > 0 {
		fmt.Fprintln(&b, "indeterminate", f.Unknown)
	}
	return b.String()
}

func TestConversations(t *testing.T) {
	for _, c := range loadConversations(t) {
		t.Run(c.Name, func(t *testing.T) {
			room := &protocol.Room{Streams: 1000, Bytes: 1 << 20}
			f := whole(&c, room)
			got := f.describe()
			if protocoltest.Update() {
				require.NoError(t, os.WriteFile("testdata/conversations/"+c.Name+".txt", []byte(c.Input+"\nexpect\n"+got), 0o644))
				return
			}
			assert.Equal(t, c.Want, got)
			assert.NotContains(t, got, "hunter2")
			assert.Equal(t, 1000-f.session.open.len(), room.Streams, "what is held is taken, and what ended is given back")
			f.session.Abandon()
			assert.Equal(t, protocol.Room{Streams: 1000, Bytes: 1 << 20}, *room)
		})
	}
}

// TestPipelinedSplitAtEveryByte: in whatever pieces the bytes come, the same comes of them.
func TestPipelinedSplitAtEveryByte(t *testing.T) {
	for _, c := range loadConversations(t) {
		want := whole(&c, nil).describe()
		for i, x := range c.IO {
			for cut := 1; cut < len(x.Bytes); cut++ {
				var f found
				play(&c, &f, nil, func(s protocol.Session, j int, chunk *protocol.Chunk) {
					if j != i {
						s.Read(chunk)
						return
					}
					first, rest := *chunk, *chunk
					first.Bytes = chunk.Bytes[:cut]
					rest.Bytes, rest.Begins = chunk.Bytes[cut:], false
					s.Read(&first)
					s.Read(&rest)
				})
				require.Equal(t, want, f.describe(), "%s: I/O %d cut at %d", c.Name, i, cut)
			}
		}
		var f found // all byte by byte
		play(&c, &f, nil, func(s protocol.Session, _ int, chunk *protocol.Chunk) {
			for k := range chunk.Bytes {
				one := *chunk
				one.Bytes, one.Begins = chunk.Bytes[k:k+1], k == 0
				s.Read(&one)
			}
		})
		require.Equal(t, want, f.describe(), c.Name)
	}
}

// TestPipelinedGapAtEveryPosition: what a gap makes of a conversation is unknown, never
// wrong, and no request whose head was seen is lost without a count.
func TestPipelinedGapAtEveryPosition(t *testing.T) {
	for _, c := range loadConversations(t) {
		want := whole(&c, nil)
		for i, x := range c.IO {
			for from := range x.Bytes {
				for _, to := range []int{from + 1, min(from+20, len(x.Bytes)), len(x.Bytes)} {
					var got found
					play(&c, &got, nil, func(s protocol.Session, j int, chunk *protocol.Chunk) {
						if j != i {
							s.Read(chunk)
							return
						}
						first, rest := *chunk, *chunk
						first.Bytes = chunk.Bytes[:from]
						rest.Bytes, rest.Begins = chunk.Bytes[to:], false
						if from > 0 {
							s.Read(&first)
						}
						s.Miss(chunk.Direction, uint32(to-from), chunk.TimeNs, false)
						if len(rest.Bytes) > 0 {
							s.Read(&rest)
						}
					})
					requireOnlyUnknown(t, fmt.Sprintf("%s: I/O %d without %d to %d", c.Name, i, from, to), want, &got)
				}
			}
		}
	}
}

// requireOnlyUnknown: each call that is left says a part of what it would have said, and
// what is missing is counted.
func requireOnlyUnknown(t *testing.T, what string, want, got *found) {
	k := 0
	for i := range got.Calls {
		g := &got.Calls[i]
		for k < len(want.Calls) && pathOf(&want.Calls[k]) != pathOf(g) {
			k++
		}
		require.Less(t, k, len(want.Calls), "%s: %s is invented, or told twice", what, pathOf(g))
		protocoltest.RequirePart(t, what+": "+pathOf(g), &want.Calls[k], g)
		k++
	}
	missing := len(want.Calls) + want.session.open.len() - len(got.Calls) - got.session.open.len()
	if missing > 0 {
		require.NotZero(t, got.Unknown, "%s: %d calls are gone without a count", what, missing)
	}
}

func pathOf(call *protocol.Call) string {
	for _, a := range call.Attributes {
		if a.Key == "url.path" {
			return a.Text
		}
	}
	return ""
}

// TestLossesHeal: a client that waits for all answers before it asks more has them,
// whatever of them was missed. One that does not is not understood again.
func TestLossesHeal(t *testing.T) {
	const ask, say = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	ns := uint64(0)
	tests := map[string]struct {
		waits         bool
		calls         int
		indeterminate uint64
	}{
		"waits":         {true, 2 + 2, 2},
		"does not wait": {false, 2, 4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var f found
			s := f.start(&protocol.Link{Kind: protocol.Server, FromStart: true}, nil)
			pass := func(d protocol.Direction, text string) {
				ns++
				s.Read(&protocol.Chunk{Direction: d, Bytes: []byte(text), Begins: true, TimeNs: ns})
			}
			if tt.waits {
				pass(protocol.Received, ask+ask)
				pass(protocol.Sent, say+say)
			} else {
				pass(protocol.Received, ask)
				pass(protocol.Received, ask)
				pass(protocol.Sent, say+say)
			}
			pass(protocol.Received, ask+ask)
			s.Miss(protocol.Sent, uint32(len(say)), ns, false)
			pass(protocol.Sent, say)
			pass(protocol.Received, ask+ask)
			pass(protocol.Sent, say+say)
			assert.Len(t, f.Calls, tt.calls)
			assert.Equal(t, tt.indeterminate, f.Unknown)
		})
	}
}

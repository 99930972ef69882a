// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

// conversation is one of the corpus.
type conversation struct{ protocoltest.Conversation }

func loadConversations(t testing.TB) []conversation {
	var out []conversation
	for _, c := range protocoltest.LoadConversations(t, "testdata/conversations") {
		out = append(out, conversation{c})
	}
	return out
}

// found is what a session told.
type found struct {
	calls         []foundCall
	indeterminate uint64
	boundary      int
	upgraded      int
	session       *session
}

type foundCall struct {
	stream uint32
	call   protocol.Call
}

func (f *found) Ended(call *protocol.Call) {
	c := *call
	c.Attributes = append([]protocol.Attribute(nil), call.Attributes...)
	f.calls = append(f.calls, foundCall{f.session.ended, c})
}
func (f *found) Indeterminate(n uint64) { f.indeterminate += n }
func (f *found) Boundary()              { f.boundary++ }
func (f *found) Upgraded(call *protocol.Call) {
	f.upgraded++
	if call == nil {
		f.indeterminate++
		return
	}
	f.Ended(call)
}

// start opens a session that tells f.
func (f *found) start(link *protocol.Link, room *protocol.Room) protocol.Session {
	s := Parser{}.Open(link, &protocol.Environment{Call: &protocol.Call{Texts: protocol.NewTexts()}, Sink: f, Room: room})
	f.session = s.(*session)
	return s
}

// direction of what a side writes, at the process.
func (c *conversation) direction(client bool) protocol.Direction {
	if client == (c.Link.Kind == protocol.Client) {
		return protocol.Sent
	}
	return protocol.Received
}

// opened returns the link as the session is told it.
func (c *conversation) opened() *protocol.Link {
	link := c.Link
	if !link.FromStart {
		link.Kind = 0
	}
	return &link
}

// play feeds the I/Os through feed, which may cut or lose some of their bytes.
func (c *conversation) play(f *found, room *protocol.Room, feed func(s protocol.Session, i int, chunk *protocol.Chunk)) {
	s := f.start(c.opened(), room)
	for i, x := range c.IO {
		if x.Closes != "" {
			s.Close((x.Closes == "client") == (c.Link.Kind == protocol.Server), x.Ns)
			continue
		}
		feed(s, i, c.Chunk(x))
	}
	s.Expire(1 << 62)
}

// parsed is what comes of a conversation without a loss.
func (c *conversation) parsed(room *protocol.Room) *found {
	var f found
	c.play(&f, room, func(s protocol.Session, _ int, chunk *protocol.Chunk) { s.Read(chunk) })
	return &f
}

// describe writes what a person compares.
func (f *found) describe() string {
	var b strings.Builder
	for i := range f.calls {
		fmt.Fprintf(&b, "stream %d\n%s", f.calls[i].stream, protocoltest.DescribeCall(&f.calls[i].call))
	}
	if n := len(f.session.streams); n > 0 {
		fmt.Fprintln(&b, "open", n)
	}
	if f.indeterminate > 0 {
		fmt.Fprintln(&b, "indeterminate", f.indeterminate)
	}
	if f.upgraded > 0 {
		fmt.Fprintln(&b, "upgraded", f.upgraded)
	}
	if f.boundary > 0 {
		fmt.Fprintln(&b, "boundary", f.boundary)
	}
	return b.String()
}

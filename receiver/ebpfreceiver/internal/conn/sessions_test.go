// SPDX-License-Identifier: Apache-2.0

package conn

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// scribe is a session that writes down what it is told.
type scribe struct {
	link   protocol.Link
	env    *protocol.Environment
	said   []string
	open   int
	closed bool
}

func (s *scribe) Read(c *protocol.Chunk) {
	text := fmt.Sprintf("%d:%s", c.Direction, c.Bytes)
	if c.Uncaptured > 0 {
		text += fmt.Sprintf("+%d", c.Uncaptured)
	}
	s.said = append(s.said, text)
}

func (s *scribe) Miss(d protocol.Direction, n uint32, _ uint64, proven bool) {
	what := fmt.Sprint(n)
	if n == allBytes {
		what = "all"
	}
	s.said = append(s.said, fmt.Sprintf("%d-%s,%v", d, what, proven))
}

func (s *scribe) Close(byPeer bool, _ uint64) {
	s.closed = true
	s.said = append(s.said, fmt.Sprintf("closed,%v", byPeer))
	s.env.Sink.Ended(s.env.Call)
}
func (s *scribe) Abandon()              { s.env.Sink.Indeterminate(uint64(s.open)) }
func (s *scribe) Expire(uint64)         { s.said = append(s.said, "expire") }
func (s *scribe) Unanswered(uint64) int { return s.open }
func (s *scribe) Kind() protocol.Kind   { return s.link.Kind }
func (s *scribe) told() (all string)    { return strings.Join(s.said, " ") }

// library opens scribes, and takes what they find.
type library struct {
	scribes       []*scribe
	ended         []uint64 // connections
	indeterminate uint64
}

func (l *library) Open(link *protocol.Link, env *protocol.Environment) protocol.Session {
	s := &scribe{link: *link, env: env, open: 2}
	l.scribes = append(l.scribes, s)
	return s
}
func (l *library) StreamEnded(c *Connection, _ *protocol.Call)  { l.ended = append(l.ended, c.id) }
func (l *library) StreamsIndeterminate(_ *Connection, n uint64) { l.indeterminate += n }
func (l *library) StreamBoundary(*Connection)                   {}
func (l *library) StreamUpgraded(*Connection, *protocol.Call)   {}
func (l *library) sessions() *Sessions {
	parsers := func(detected uint8) protocol.Streams {
		if detected != record.ProtocolHTTP2 {
			return nil
		}
		return l
	}
	return NewSessions(parsers, l, &protocol.Call{})
}

// piece makes a chunk of a connection.
func piece(conn uint64, direction uint8, position uint32, text string, flags uint16) *record.Chunk {
	c := &record.Chunk{}
	c.Kind, c.Protocol, c.Role, c.Conn, c.Direction = uint8(record.KindChunk), record.ProtocolHTTP2, record.RoleServer, conn, direction
	c.Position, c.Len, c.Flags = position, uint16(copy(c.Data[:], text)), flags
	c.End = position + uint32(c.Len)
	c.LocalPort, c.RemotePort = 8080, 40000
	return c
}

const whole = record.ChunkBegins | record.ChunkLast

func TestSessionsTellGaps(t *testing.T) {
	const in, out = record.DirectionReceived, record.DirectionSent
	cut := piece(1, out, 100, "head", whole)
	cut.End = 200 // of which only the head was captured
	closed := func(in, out uint32) *record.Chunk {
		c := piece(1, 0, in, "", record.ChunkClosed|record.ChunkByPeer)
		c.End = out
		return c
	}
	tests := map[string]struct {
		chunks []*record.Chunk
		want   string
	}{
		"in order":                  {[]*record.Chunk{piece(1, in, 5, "abc", whole|record.ChunkFirst), piece(1, in, 8, "def", whole)}, "0:abc 0:def"},
		"directions apart":          {[]*record.Chunk{piece(1, in, 5, "abc", whole|record.ChunkFirst), piece(1, out, 90, "xy", whole|record.ChunkFirst), piece(1, in, 8, "def", whole)}, "0:abc 1:xy 0:def"},
		"positions wrap around":     {[]*record.Chunk{piece(1, in, 0xfffffffe, "abc", whole|record.ChunkFirst), piece(1, in, 1, "def", whole)}, "0:abc 0:def"},
		"the first is not there":    {[]*record.Chunk{piece(1, in, 8, "def", whole)}, "0-all,false 0:def"},
		"one is lost":               {[]*record.Chunk{piece(1, in, 5, "abc", whole|record.ChunkFirst), piece(1, in, 18, "def", whole)}, "0:abc 0-10,false 0:def"},
		"left out within an I/O":    {[]*record.Chunk{piece(1, in, 5, "abc", record.ChunkBegins|record.ChunkFirst), piece(1, in, 18, "def", record.ChunkLast)}, "0:abc 0-10,true 0:def"},
		"not captured to its end":   {[]*record.Chunk{piece(1, out, 90, "first.....", whole|record.ChunkFirst), cut, piece(1, out, 200, "next", whole)}, "1:first..... 1:head+96 1:next"},
		"not in order":              {[]*record.Chunk{piece(1, in, 5, "abc", whole|record.ChunkFirst), piece(1, in, 2, "def", whole)}, "0:abc 0-all,false 0:def"},
		"closed":                    {[]*record.Chunk{piece(1, in, 5, "abc", whole|record.ChunkFirst), closed(8, 0)}, "0:abc closed,true"},
		"closed, and the last lost": {[]*record.Chunk{piece(1, in, 5, "abc", whole|record.ChunkFirst), piece(1, out, 5, "x", whole|record.ChunkFirst), closed(20, 9)}, "0:abc 1:x 0-12,false 1-3,false closed,true"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var l library
			s := l.sessions()
			for _, c := range tt.chunks {
				assert.True(t, s.Take(c))
			}
			assert.Len(t, l.scribes, 1)
			assert.Equal(t, tt.want, l.scribes[0].told())
			if strings.Contains(tt.want, "closed") {
				assert.Zero(t, s.Len())
				assert.Equal(t, []uint64{1}, l.ended)
			} else {
				assert.Equal(t, 1, s.Len())
			}
		})
	}
}

func TestSessionsKnowTheirConnection(t *testing.T) {
	var l library
	s := l.sessions()
	c := piece(1, 0, 5, "abc", whole|record.ChunkFirst|record.ChunkFromStart)
	c.LocalAddr = [16]uint8{10: 0xff, 11: 0xff, 12: 10, 15: 1}
	assert.True(t, s.Take(c))
	link := l.scribes[0].link
	assert.Equal(t, protocol.Server, link.Kind)
	assert.True(t, link.FromStart)
	assert.Equal(t, "10.0.0.1:8080", link.Turn.Local.String())
	n := 0
	s.Unanswered(0, func(c *Connection, open int) {
		n += open
		assert.EqualValues(t, 8080, c.ServicePort())
	})
	assert.Equal(t, 2, n)

	midway := piece(2, 0, 5, "abc", whole)
	midway.Role = 0
	assert.True(t, s.Take(midway))
	assert.Zero(t, l.scribes[1].link.Kind)
	other := piece(3, 0, 5, "abc", whole)
	other.Protocol = record.ProtocolHTTP1
	assert.False(t, s.Take(other), "nobody reads it")
	assert.True(t, s.Take(piece(9, 0, 0, "", record.ChunkClosed)), "of a connection that nothing was seen of")
	assert.Len(t, l.scribes, 2)
}

// TestSessionsAreBounded: the connection that was still for the longest time goes,
// and what it had open is indeterminate.
func TestSessionsAreBounded(t *testing.T) {
	var l library
	s := l.sessions()
	for id := range uint64(maxConnections) {
		s.Take(piece(id, 0, 5, "abc", whole))
	}
	s.Take(piece(0, 0, 8, "def", whole)) // it is in use again
	s.Take(piece(maxConnections, 0, 5, "abc", whole))
	assert.Equal(t, maxConnections, s.Len())
	assert.EqualValues(t, 1, s.Forgotten())
	assert.EqualValues(t, 2, l.indeterminate)
	assert.NotContains(t, s.byID, uint64(1))
	assert.Contains(t, s.byID, uint64(0))
}

func TestSessionsLookNowAndThen(t *testing.T) {
	var l library
	s := l.sessions()
	s.Take(piece(1, 0, 5, "abc", whole|record.ChunkFirst))
	start := uint64(time.Hour)
	assert.True(t, s.Expire(start))
	assert.False(t, s.Expire(start+uint64(time.Millisecond)))
	assert.True(t, s.Expire(start+uint64(lookInterval)))
	assert.Equal(t, "0:abc expire expire", l.scribes[0].told())
}

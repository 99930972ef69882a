// SPDX-License-Identifier: Apache-2.0

package conn

import (
	"container/list"
	"net/netip"
	"time"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

const (
	// maxConnections bounds the connections that are followed at once: about 20 KB
	// each, if their peers use what room they have, and less than 2 KB mostly. The one
	// that was still for the longest time goes first.
	maxConnections = 4096
	// maxStreams and maxBytes bound what all of them hold: about 20 MB each.
	maxStreams = 65536
	maxBytes   = 16 << 20
	// gapPatience bounds the wait for the end of a call that a gap may have swallowed.
	gapPatience = time.Minute
	// lookInterval is how often it is looked for those.
	lookInterval = time.Second
)

// Connection is one whose protocol multiplexes.
type Connection struct {
	// Process that did the last I/O.
	Process record.Process

	id       uint64
	protocol uint8
	session  protocol.Session
	// next is by direction the position behind the last chunk, once one was seen.
	next [2]uint32
	seen [2]bool

	localPort, remotePort uint16
}

// ID is the kernel's number of the connection.
func (c *Connection) ID() uint64 { return c.id }

// Kind is the side that the process is on, 0 while that is not known.
func (c *Connection) Kind() protocol.Kind { return c.session.Kind() }

// Protocol is what the kernel detected.
func (c *Connection) Protocol() uint8 { return c.protocol }

// ServicePort is the port of the server's side, 0 while that is not known.
func (c *Connection) ServicePort() uint16 {
	switch c.Kind() {
	case protocol.Server:
		return c.localPort
	case protocol.Client:
		return c.remotePort
	}
	return 0
}

// Taker takes what sessions find. Calls carry monotonic times, and are valid during
// the call only.
type Taker interface {
	StreamEnded(c *Connection, call *protocol.Call)
	StreamsIndeterminate(c *Connection, n uint64)
	StreamBoundary(c *Connection)
	// StreamUpgraded takes the call that was announced by Upgrade, nil if nobody knows how
	// it ended.
	StreamUpgraded(c *Connection, call *protocol.Call)
}

// Sessions follows the connections whose protocol multiplexes: it puts their chunks
// in order, tells their gaps, and bounds what they hold. It is for one goroutine.
type Sessions struct {
	parsers func(detected uint8) protocol.Streams
	taker   Taker
	env     protocol.Environment
	room    protocol.Room

	byID    map[uint64]*list.Element
	recent  *list.List // of *Connection, the last one that did something in front
	current *Connection
	// upgrades are the requests of connections whose first chunk is still to come, as
	// long as their calls are held in Pending.
	upgrades map[uint64]*protocol.Upgrade

	lookedNs  uint64
	forgotten uint64
}

// NewSessions returns an empty Sessions. The call is filled in for each stream that
// ends.
func NewSessions(parsers func(detected uint8) protocol.Streams, taker Taker, call *protocol.Call) *Sessions {
	s := &Sessions{
		parsers: parsers, taker: taker, byID: map[uint64]*list.Element{}, recent: list.New(), upgrades: map[uint64]*protocol.Upgrade{},
		room: protocol.Room{Streams: maxStreams, Bytes: maxBytes},
	}
	s.env = protocol.Environment{Call: call, Sink: s, Room: &s.room}
	return s
}

// Upgrade announces that a connection goes on as one of HTTP/2, whose first call answers
// a request of HTTP/1.
func (s *Sessions) Upgrade(conn uint64, u *protocol.Upgrade) { s.upgrades[conn] = u }

// ForgetUpgrade says that the answer is waited for no longer.
func (s *Sessions) ForgetUpgrade(conn uint64) { delete(s.upgrades, conn) }

// Len returns the number of connections that are followed.
func (s *Sessions) Len() int { return s.recent.Len() }

// Forgotten returns how many connections had to make room for others.
func (s *Sessions) Forgotten() uint64 { return s.forgotten }

// Take takes a chunk. It reports false if nobody reads its protocol.
func (s *Sessions) Take(r *record.Chunk) bool {
	e := s.byID[r.Conn]
	if r.Flags&record.ChunkClosed != 0 {
		if e != nil {
			s.close(e, r)
		}
		return true
	}
	if e == nil {
		if e = s.open(r); e == nil {
			return false
		}
	}
	s.recent.MoveToFront(e)
	c := e.Value.(*Connection)
	s.current = c
	c.Process = r.Process
	d := protocol.Direction(r.Direction & 1)
	begins := r.Flags&record.ChunkBegins != 0
	switch gap := int32(r.Position - c.next[d]); {
	case !c.seen[d]:
		c.seen[d] = true
		if r.Flags&record.ChunkFirst == 0 {
			c.session.Miss(d, allBytes, r.TimeNs, false) // there was one before
		}
	case gap > 0:
		// what the kernel leaves out of an I/O is told within it
		c.session.Miss(d, uint32(gap), r.TimeNs, !begins)
	case gap < 0:
		c.session.Miss(d, allBytes, r.TimeNs, false) // not in order: nothing is known of what is between
	}
	chunk := protocol.Chunk{
		Direction: d, Bytes: r.Bytes(), Begins: begins, TimeNs: r.TimeNs,
		QueueNs: r.QueueNs, QueueKnown: r.Flags&record.ChunkQueueKnown != 0,
	}
	chunk.Boundary, chunk.BoundaryKnown = r.NextBoundary()
	c.next[d] = r.Position + uint32(r.Len)
	if r.Flags&record.ChunkLast != 0 {
		chunk.Uncaptured = r.End - c.next[d]
		c.next[d] = r.End
	}
	c.session.Read(&chunk)
	return true
}

// allBytes is more than any frame has left.
const allBytes = ^uint32(0)

func (s *Sessions) open(r *record.Chunk) *list.Element {
	parser := s.parsers(r.Protocol)
	if parser == nil {
		return nil
	}
	if s.recent.Len() >= maxConnections {
		s.forget(s.recent.Back())
		s.forgotten++
	}
	link := protocol.Link{FromStart: r.Flags&record.ChunkFromStart != 0, Upgrade: s.upgrades[r.Conn]}
	delete(s.upgrades, r.Conn)
	switch r.Role {
	case record.RoleServer:
		link.Kind = protocol.Server
	case record.RoleClient:
		link.Kind = protocol.Client
	}
	if r.IsUnix() {
		link.Turn.Unix, link.Turn.SocketName = true, r.SocketName()
	} else {
		link.Turn.Local = netip.AddrPortFrom(netip.AddrFrom16(r.LocalAddr).Unmap(), r.LocalPort)
		link.Turn.Remote = netip.AddrPortFrom(netip.AddrFrom16(r.RemoteAddr).Unmap(), r.RemotePort)
	}
	c := &Connection{id: r.Conn, Process: r.Process, protocol: r.Protocol, localPort: r.LocalPort, remotePort: r.RemotePort}
	s.current = c
	c.session = parser.Open(&link, &s.env)
	e := s.recent.PushFront(c)
	s.byID[r.Conn] = e
	return e
}

// close takes the end of a connection, which tells where both directions ended.
func (s *Sessions) close(e *list.Element, r *record.Chunk) {
	c := e.Value.(*Connection)
	s.current = c
	for d, end := range [2]uint32{protocol.Received: r.Position, protocol.Sent: r.End} {
		if gap := end - c.next[d]; c.seen[d] && gap != 0 {
			c.session.Miss(protocol.Direction(d), gap, r.TimeNs, false)
		}
	}
	c.session.Close(r.Flags&record.ChunkByPeer != 0, r.TimeNs)
	s.remove(e)
}

// forget stops following a connection.
func (s *Sessions) forget(e *list.Element) {
	s.current = e.Value.(*Connection)
	s.current.session.Abandon()
	s.remove(e)
}

func (s *Sessions) remove(e *list.Element) {
	delete(s.byID, s.recent.Remove(e).(*Connection).id)
}

// Expire gives up what was waited for long enough. It reports whether it looked: it
// does not each time.
func (s *Sessions) Expire(nowNs uint64) bool {
	if nowNs-s.lookedNs < uint64(lookInterval) {
		return false
	}
	s.lookedNs = nowNs
	for e := s.recent.Front(); e != nil; e = e.Next() {
		s.current = e.Value.(*Connection)
		s.current.session.Expire(nowNs - uint64(gapPatience))
	}
	return true
}

// Unanswered calls f with each connection that has calls without an answer since
// before a time, and their number.
func (s *Sessions) Unanswered(beforeNs uint64, f func(c *Connection, n int)) {
	for e := s.recent.Front(); e != nil; e = e.Next() {
		c := e.Value.(*Connection)
		if n := c.session.Unanswered(beforeNs); n > 0 {
			f(c, n)
		}
	}
}

// Ended implements protocol.Sink.
func (s *Sessions) Ended(call *protocol.Call) { s.taker.StreamEnded(s.current, call) }

// Indeterminate implements protocol.Sink.
func (s *Sessions) Indeterminate(n uint64) { s.taker.StreamsIndeterminate(s.current, n) }

// Upgraded implements protocol.Sink.
func (s *Sessions) Upgraded(call *protocol.Call) { s.taker.StreamUpgraded(s.current, call) }

// Boundary implements protocol.Sink.
func (s *Sessions) Boundary() { s.taker.StreamBoundary(s.current) }

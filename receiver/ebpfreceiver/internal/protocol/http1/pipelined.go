// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

const (
	// maxOpen bounds the requests of one connection that are open at once.
	maxOpen = 4096
	// maxEarly bounds the responses that are held until their request comes.
	maxEarly = 64 << 10
	// keptRequest and keptResponse are how much of a head is kept: as of other turns,
	// longer heads tell their beginning.
	keptRequest  = 1024
	keptResponse = 512
)

// Pipelined opens sessions of connections on which several requests are open at once
// (RFC 9112, section 9.3.2): responses come in the order of their requests.
type Pipelined struct{}

var _ protocol.Streams = Pipelined{}

// Open implements protocol.Streams.
func (Pipelined) Open(link *protocol.Link, env *protocol.Environment) protocol.Session {
	s := &session{env: env, turn: link.Turn, requests: protocol.Received, open: queue{room: env.Room}}
	s.turn.Kind = link.Kind
	if link.Kind == protocol.Client {
		s.requests = protocol.Sent
	}
	s.in[s.requests] = messages{to: (*asking)(s), room: env.Room, part: partHead}
	s.in[s.requests.Other()] = messages{to: (*answering)(s), room: env.Room} // the rest of a response may come first
	return s
}

// session is one connection. Of its fields, open is in the order of requests; the first
// is the one that is answered if answer.begun.
type session struct {
	env      *protocol.Environment
	turn     protocol.Turn // the template of calls
	requests protocol.Direction
	in       [2]messages // by direction

	open   queue
	answer answer
	early  []early // responses that came before their request
	earlyN int     // bytes of them

	// lost tells that it is not known which request a response is of. waits tells that
	// the client has been seen to wait for all answers before it asked more, and overlaps
	// that it did not once. unsure: the answer to what is open may have been in a gap.
	lost, waits, overlaps, unsure bool
}

// answer is the response that is read.
type answer struct {
	begun   bool // of a final one: interim ones answer nothing
	firstNs uint64
	head    []byte
	size    uint64
	status  int
}

// early is a chunk of responses that is held.
type early struct {
	bytes      []byte
	uncaptured uint32
	begins     bool
	at         moment
}

// Kind implements protocol.Session.
func (s *session) Kind() protocol.Kind { return s.turn.Kind }

// Read implements protocol.Session.
func (s *session) Read(c *protocol.Chunk) {
	at := moment{c.TimeNs, c.QueueNs, c.QueueKnown}
	if c.Direction != s.requests {
		s.readResponses(c.Bytes, c.Uncaptured, c.Begins, at)
		return
	}
	m := &s.in[s.requests]
	if c.Begins && (m.part == partHead && len(m.held) == 0 || m.part == partSought) {
		s.asksMore(c.Bytes)
	}
	m.read(c.Bytes, at)
	if c.Uncaptured > 0 {
		m.skip(uint64(c.Uncaptured), at, true)
	}
	s.readEarly()
}

// asksMore takes the beginning of an I/O where a request may begin.
func (s *session) asksMore(b []byte) {
	m := &s.in[s.requests]
	if _, found := parseRequestLine(b); found == lineInvalid {
		return
	}
	if m.part == partSought {
		m.part = partHead
	}
	switch {
	case s.lost && s.waits && !s.overlaps:
		// it has all answers, or it would not ask
		s.lost, s.unsure = false, true
		s.in[s.requests.Other()].seek()
	case s.unsure && !s.answer.begun:
		s.giveUp()
	case s.open.len() > 0:
		s.overlaps = true
	}
}

// readResponses takes bytes of responses, and holds those whose request has not come:
// its hook may run later.
func (s *session) readResponses(b []byte, uncaptured uint32, begins bool, at moment) {
	m := &s.in[s.requests.Other()]
	if s.lost || m.part == partTunnel {
		return
	}
	if len(s.early) > 0 || s.open.len() == 0 && !s.answer.begun {
		s.hold(early{b, uncaptured, begins, at})
		return
	}
	if m.part == partSought {
		switch {
		case len(b) == 0:
			m.lose() // what could not be read may be the first answer
			return
		case !begins || !beginsStatusLine(b):
			return // the rest of an answer from before
		}
		m.part = partHead
	}
	for len(b) > 0 && m.part != partSought {
		if s.open.len() == 0 && !s.answer.begun && m.part == partHead {
			s.hold(early{b, uncaptured, false, at})
			return
		}
		b = m.step(b, at)
	}
	if uncaptured > 0 {
		m.skip(uint64(uncaptured), at, true)
	}
}

// statusLine is what a response begins with.
var statusLine = []byte("HTTP/1.")

func beginsStatusLine(b []byte) bool {
	n := min(len(b), len(statusLine))
	return n > 0 && bytes.Equal(b[:n], statusLine[:n])
}

// hold keeps responses until their request comes.
func (s *session) hold(e early) {
	if s.earlyN+len(e.bytes) > maxEarly || !s.env.Room.TakeBytes(len(e.bytes)) {
		s.in[s.requests.Other()].lose()
		return
	}
	s.earlyN += len(e.bytes)
	e.bytes = bytes.Clone(e.bytes)
	s.early = append(s.early, e)
}

// readEarly takes what was held for the requests that are there now.
func (s *session) readEarly() {
	if len(s.early) == 0 || s.open.len() == 0 {
		return
	}
	held := s.early
	s.dropEarly()
	for _, e := range held {
		s.readResponses(e.bytes, e.uncaptured, e.begins, e.at)
	}
}

func (s *session) dropEarly() {
	s.env.Room.GiveBytes(s.earlyN)
	s.early, s.earlyN = nil, 0
}

// Miss implements protocol.Session.
func (s *session) Miss(d protocol.Direction, n uint32, timeNs uint64, proven bool) {
	if n == 0 {
		return
	}
	m := &s.in[d&1]
	if d != s.requests && !s.lost && (m.part == partSought || len(s.early) > 0) {
		m.lose() // the first answer may be in the gap, or what is held of one goes on behind it
		return
	}
	m.skip(uint64(n), moment{ns: timeNs}, proven)
}

// Close implements protocol.Session.
func (s *session) Close(byPeer bool, timeNs uint64) {
	byClient := (s.turn.Kind == protocol.Server) == byPeer
	if s.answer.begun {
		m := &s.in[s.requests.Other()]
		switch {
		case m.part == partToClose:
			m.end(moment{ns: timeNs}, true)
		case byClient || s.turn.Kind == protocol.Client:
			s.finish(timeNs, endUnknown)
		default:
			s.finish(timeNs, endMissing)
		}
	}
	if s.unsure {
		s.giveUp()
	}
	outcome := protocol.AbortedByServer
	if byClient {
		outcome = protocol.AbortedByClient
	}
	for s.open.len() > 0 {
		s.env.Sink.Ended(s.fill(s.open.pop(), nil, outcome, timeNs))
	}
	s.forget()
}

// Abandon implements protocol.Session.
func (s *session) Abandon() {
	if s.answer.begun {
		s.finish(s.answer.firstNs, endUnknown)
	}
	s.giveUp()
	s.forget()
}

// giveUp counts what is open: nobody will know how it is answered.
func (s *session) giveUp() {
	if n := s.open.clear(); n > 0 {
		s.env.Sink.Indeterminate(uint64(n))
	}
}

// forget frees what is held.
func (s *session) forget() {
	s.dropEarly()
	for d := range s.in {
		s.in[d].release()
	}
	s.open = queue{room: s.env.Room}
}

// Expire implements protocol.Session: a response that was held so long has no request.
func (s *session) Expire(beforeNs uint64) {
	if len(s.early) > 0 && s.early[0].at.ns < beforeNs {
		s.in[s.requests.Other()].lose()
	}
}

// Unanswered implements protocol.Session.
func (s *session) Unanswered(beforeNs uint64) int {
	n := 0
	for i, r := range s.open.all() {
		if r.began.ns < beforeNs && (i > 0 || !s.answer.begun) {
			n++
		}
	}
	return n
}

// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// operation is what is known of one.
type operation struct {
	// kind is the message that asks for it, 0 if it was not captured.
	kind byte
	// statement is nil if it is not known.
	statement *sqltext.Statement
	// unremembered: it was prepared before, and is not known.
	unremembered bool
	// last tells that the turn ends behind it, and perhaps that it may: what follows was
	// not captured.
	last, perhaps bool
	// syncs are the ends of turns between it and the operation before.
	syncs int
}

// cutOff is the last message that was captured, and that not to its end: a Parse or a
// Bind. What is parsed or bound is run next: a client would not do it else, or, under a name,
// run another one in a turn of one operation.
type cutOff struct {
	is        bool
	statement *sqltext.Statement
	named     bool
}

// nextOperation reads the operation at turn.RequestAt and moves on behind it: to -1, if
// that is not within what was captured. It reports false if the operation was not captured.
func (m *memory) nextOperation(turn *protocol.Turn, call *protocol.Call) (operation, bool) {
	var cut cutOff
	for {
		msg, next, ok := messageAt(turn.Request, turn.RequestAt)
		turn.RequestAt = next
		if !ok {
			break
		}
		switch msg.kind {
		case query:
			return m.query(turn, call, msg), true
		case functionCall:
			o := operation{kind: functionCall, syncs: m.syncs}
			m.syncs = 1
			return o, true
		case parse:
			name, s := m.parse(call, msg)
			cut = cutOff{s != nil && !msg.whole, s, len(name) > 0}
		case bind:
			portal, s, ok := m.bind(msg)
			cut = cutOff{ok && !msg.whole, s, len(portal) > 0}
		case closing:
			m.close(msg)
		case sync:
			m.syncs++
		case execute:
			return m.execute(turn, msg), true
		}
	}
	turn.RequestAt = -1
	if cut.is && (!cut.named || turn.Operations.Asked == 1) {
		o := operation{kind: execute, statement: cut.statement, unremembered: cut.statement == nil, perhaps: true, syncs: m.syncs}
		m.syncs = 0
		return o, true
	}
	return operation{perhaps: true}, false
}

func (m *memory) query(turn *protocol.Turn, call *protocol.Call, msg message) operation {
	s, _, ended := text(msg.body)
	o := operation{kind: query, statement: call.SQL.Of(sqltext.PostgreSQL, s, ended), syncs: m.syncs}
	m.syncs = 1
	m.after(o.statement)
	return o
}

// parse notes what is prepared under which name.
func (m *memory) parse(call *protocol.Call, msg message) (name []byte, s *sqltext.Statement) {
	name, rest, ok := text(msg.body)
	if !ok {
		return nil, nil
	}
	words, _, ended := text(rest)
	s = call.SQL.Of(sqltext.PostgreSQL, words, ended)
	m.statements.put(name, s)
	m.parsed++
	return name, s
}

// bind notes which statement a portal is of.
func (m *memory) bind(msg message) (portal []byte, s *sqltext.Statement, ok bool) {
	portal, rest, ok := text(msg.body)
	if !ok {
		return nil, nil, false
	}
	name, _, ok := text(rest)
	if ok {
		s = m.statements.get(name)
	}
	m.portals.put(portal, s)
	return portal, s, ok
}

func (m *memory) close(msg message) {
	if len(msg.body) == 0 {
		return
	}
	name, _, ok := text(msg.body[1:])
	if !ok {
		return
	}
	if msg.body[0] == 'S' {
		m.statements.put(name, nil)
	} else {
		m.portals.put(name, nil)
	}
}

func (m *memory) execute(turn *protocol.Turn, msg message) operation {
	o := operation{kind: execute, syncs: m.syncs}
	m.syncs = 0
	if portal, _, ok := text(msg.body); ok {
		o.statement = m.portals.get(portal)
		o.unremembered = o.statement == nil
	}
	following, _, ok := messageAt(turn.Request, turn.RequestAt)
	o.last = ok && following.kind == sync
	o.perhaps = !ok
	m.after(o.statement)
	return o
}

// after forgets what a statement made unknown: SQL has words of its own for prepared
// statements.
func (m *memory) after(s *sqltext.Statement) {
	if s != nil && s.Unprepares {
		m.statements.forget()
		m.portals.forget()
	}
}

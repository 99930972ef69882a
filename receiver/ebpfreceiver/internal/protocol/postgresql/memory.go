// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"hash/maphash"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

const (
	// maxStatements bounds the prepared statements of a connection, about 3 KB. Programs
	// have some dozens of them; the one that was learned first goes.
	maxStatements = 192
	// maxPortals bounds the portals: a connection seldom has two.
	maxPortals = 8
)

// memory is what is known of a connection, and where the reading of a turn is.
type memory struct {
	// namespace is the database, empty if it is not known.
	namespace  string
	statements names
	portals    names

	// of the turn that is being read:

	// syncs are ends of turns that were asked for since the last operation.
	syncs int
	// failed tells that an operation failed, and that those up to the next Sync are
	// passed over.
	failed bool
	// parsed are how many statements the turn parses.
	parsed int
}

// names are of statements or portals, by the hash of their names: what a name is for is
// looked up in them. Hashes of 64 bits with a secret seed do not meet by chance.
type names struct {
	known []named
	next  int // the one that makes room
	max   int
}

type named struct {
	name      uint64
	statement *sqltext.Statement // nil: closed
	turn      bool               // learned in the turn that is being read
}

var seed = maphash.MakeSeed()

func (n *names) find(name []byte) *named {
	hash := maphash.Bytes(seed, name)
	for i := range n.known {
		if n.known[i].name == hash {
			return &n.known[i]
		}
	}
	return nil
}

func (n *names) get(name []byte) *sqltext.Statement {
	if k := n.find(name); k != nil {
		return k.statement
	}
	return nil
}

// put notes what a name is for; nil: that is not known.
func (n *names) put(name []byte, s *sqltext.Statement) {
	k := n.find(name)
	switch {
	case k != nil:
	case s == nil:
		return
	case len(n.known) < n.max:
		n.known = append(n.known, named{})
		k = &n.known[len(n.known)-1]
	default:
		k = &n.known[n.next]
		n.next = (n.next + 1) % n.max
	}
	*k = named{name: maphash.Bytes(seed, name), statement: s, turn: true}
}

func (n *names) forget() { n.known, n.next = n.known[:0], 0 }

// settle keeps the names that were learned in the turn, or, if it is not known that they
// are there, forgets what they are for.
func (n *names) settle(ok bool) {
	for i := range n.known {
		if k := &n.known[i]; k.turn {
			k.turn = false
			if !ok {
				k.statement = nil
			}
		}
	}
}

// NewMemory implements protocol.Remembering.
func (Parser) NewMemory() any { return newMemory() }

func newMemory() *memory {
	return &memory{statements: names{max: maxStatements}, portals: names{max: maxPortals}}
}

// memoryOf returns the memory of a turn's connection, and begins the turn.
func memoryOf(turn *protocol.Turn) *memory {
	m, ok := turn.Memory.(*memory)
	if !ok {
		m = newMemory()
		turn.Memory = m
	}
	if turn.Missed != protocol.Nothing {
		// a pool gives the names of one client to the next one, in a turn that was missed
		m.statements.forget()
		m.portals.forget()
	}
	m.statements.settle(false) // what the turn before did not confirm
	m.syncs, m.failed, m.parsed = 0, false, 0
	return m
}

// confirm keeps what the turn taught so far, if its answer says that all was prepared.
func (m *memory) confirm(turn *protocol.Turn) {
	if turn.Outcome == protocol.Answered && m.succeeded(turn) {
		m.statements.settle(true)
	}
}

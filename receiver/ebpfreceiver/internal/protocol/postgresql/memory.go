// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"hash/maphash"
	"math/bits"
	"slices"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

const (
	// maxStatements bounds the prepared statements of a connection: with 16 bytes each, 3 KB.
	// Programs have some dozens of them; the one that was learned first goes.
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
	// learned are those of the turn that is being read, by their places in known.
	learned [(maxStatements + 63) / 64]uint64
}

type named struct {
	name      uint64
	statement *sqltext.Statement // nil: closed
}

var seed = maphash.MakeSeed()

// find returns the place of a name, -1 if it is not known.
func (n *names) find(hash uint64) int {
	return slices.IndexFunc(n.known, func(k named) bool { return k.name == hash })
}

func (n *names) get(name []byte) *sqltext.Statement {
	if i := n.find(maphash.Bytes(seed, name)); i >= 0 {
		return n.known[i].statement
	}
	return nil
}

// put notes what a name is for; nil: that is not known.
func (n *names) put(name []byte, s *sqltext.Statement) {
	hash := maphash.Bytes(seed, name)
	i := n.find(hash)
	switch {
	case i >= 0:
	case s == nil:
		return
	case len(n.known) < n.max:
		i = len(n.known)
		n.add()
	default:
		i = n.next
		n.next = (n.next + 1) % n.max
	}
	n.known[i] = named{name: hash, statement: s}
	n.learned[i/64] |= 1 << (i % 64)
}

// add makes room for one more, and not for more than there may be.
func (n *names) add() {
	if len(n.known) == cap(n.known) {
		grown := make([]named, len(n.known), min(max(2*cap(n.known), 4), n.max))
		copy(grown, n.known)
		n.known = grown
	}
	n.known = n.known[:len(n.known)+1]
}

func (n *names) forget() {
	n.known, n.next = n.known[:0], 0
	clear(n.learned[:])
}

// settle keeps the names that were learned in the turn, or, if it is not known that they
// are there, forgets what they are for.
func (n *names) settle(ok bool) {
	for word := range n.learned {
		for ; n.learned[word] != 0; n.learned[word] &= n.learned[word] - 1 {
			if !ok {
				n.known[64*word+bits.TrailingZeros64(n.learned[word])].statement = nil
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

// SPDX-License-Identifier: Apache-2.0

package conn

import (
	"container/list"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// maxMemories bounds the connections that something is remembered of. Nobody tells that
// one has ended: the one that was still for the longest time goes.
const maxMemories = 8192

// Memories are what parsers know of connections. It is for one goroutine.
type Memories struct {
	byConn map[uint64]*list.Element
	stale  *list.List // of *memory, the one that was still for the longest time first
}

type memory struct {
	conn     uint64
	value    any
	sequence uint32
	asides   uint32
}

// NewMemories returns an empty Memories.
func NewMemories() *Memories { return &Memories{byConn: map[uint64]*list.Element{}, stale: list.New()} }

// Len returns how many connections something is remembered of.
func (m *Memories) Len() int { return len(m.byConn) }

// Of returns what is known of the connection of an exchange, and what of it was not seen
// since the exchange before. It is to be asked for each exchange once.
func (m *Memories) Of(e *record.Exchange, parser protocol.Remembering) (any, protocol.Missed) {
	element, ok := m.byConn[e.Conn]
	missed := protocol.Nothing
	if !ok {
		if m.stale.Len() >= maxMemories {
			oldest := m.stale.Remove(m.stale.Front()).(*memory)
			delete(m.byConn, oldest.conn)
		}
		element = m.stale.PushBack(&memory{conn: e.Conn, value: parser.NewMemory()})
		m.byConn[e.Conn] = element
		if e.Flags&record.FlagJoinedMidway != 0 {
			missed = protocol.Asides
		}
	}
	m.stale.MoveToBack(element)
	known := element.Value.(*memory)
	asides := known.asides
	if e.Operations == 0 {
		asides++
	}
	switch {
	case asides != e.Asides:
		missed = protocol.Asides
	case known.sequence+1 != e.Sequence && missed == protocol.Nothing:
		missed = protocol.Turns
	}
	known.sequence, known.asides = e.Sequence, e.Asides
	return known.value, missed
}

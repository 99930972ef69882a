// SPDX-License-Identifier: Apache-2.0

package conn

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// forgetful remembers nothing.
type forgetful struct{ protocol.Sequence }

func (forgetful) NewMemory() any                       { return new(int) }
func (forgetful) Learn(*protocol.Turn, *protocol.Call) {}

func TestMemories(t *testing.T) {
	type exchange struct {
		conn                         uint64
		sequence, operations, asides uint32
		midway                       bool
		want                         protocol.Missed
	}
	m := NewMemories()
	values := map[uint64]any{}
	for _, x := range []exchange{
		{conn: 1, sequence: 1, operations: 0, asides: 1},
		{conn: 1, sequence: 2, operations: 1, asides: 1},
		{conn: 2, sequence: 1, operations: 1, midway: true, want: protocol.Asides}, // what came before the agent
		{conn: 2, sequence: 2, operations: 1, midway: true},
		{conn: 1, sequence: 3, operations: 0, asides: 2},
		{conn: 1, sequence: 5, operations: 3, asides: 2, want: protocol.Turns},
		{conn: 1, sequence: 6, operations: 1, asides: 2},
		{conn: 1, sequence: 8, operations: 1, asides: 3, want: protocol.Asides},
		{conn: 1, sequence: 9, operations: 0, asides: 4},
		{conn: 1, sequence: 11, operations: 0, asides: 6, want: protocol.Asides},
		{conn: 3, sequence: 2, operations: 1, asides: 1, want: protocol.Asides}, // its log-in found no room
		{conn: 4, sequence: 3, operations: 1, want: protocol.Turns},
	} {
		var e record.Exchange
		e.Conn, e.Sequence, e.Operations, e.Asides = x.conn, x.sequence, x.operations, x.asides
		if x.midway {
			e.Flags = record.FlagJoinedMidway
		}
		value, missed := m.Of(&e, forgetful{})
		assert.Equal(t, x.want, missed, "%+v", x)
		if values[x.conn] != nil {
			assert.Same(t, values[x.conn], value)
		}
		values[x.conn] = value
	}
	assert.Equal(t, 4, m.Len())
	for i := range uint64(maxMemories) - 1 {
		var e record.Exchange
		e.Conn, e.Sequence, e.Operations = 100+i, 1, 1
		m.Of(&e, forgetful{})
	}
	assert.Equal(t, maxMemories, m.Len())
	var e record.Exchange
	e.Conn, e.Sequence, e.Operations = 4, 4, 1
	_, missed := m.Of(&e, forgetful{})
	assert.Equal(t, protocol.Nothing, missed, "the last of the first four is remembered")
	e.Conn, e.Sequence, e.Operations, e.Asides = 1, 12, 1, 6
	_, missed = m.Of(&e, forgetful{})
	assert.Equal(t, protocol.Asides, missed, "the first is not")
}

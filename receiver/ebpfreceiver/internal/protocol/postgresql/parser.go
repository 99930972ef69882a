// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Parser reads the turns of PostgreSQL.
type Parser struct{}

var _ protocol.Remembering = Parser{}

// Parse implements protocol.Parser. The call is that of the turn's first operation.
func (Parser) Parse(turn *protocol.Turn, call *protocol.Call) protocol.Result {
	turn.RequestAt, turn.ResponseAt = 0, 0
	m := memoryOf(turn)
	o, found := m.nextOperation(turn, call)
	if !found {
		turn.RequestAt = -1 // that there was one, the kernel knows
	}
	s, code := m.status(turn, &o, call)
	m.put(turn, call, &o, s, code)
	m.confirm(turn)
	if turn.Outcome == protocol.Answered && turn.Operations.Asked == 1 && !turn.Operations.Complete {
		return protocol.Growing
	}
	return protocol.Whole
}

// Next implements protocol.Sequence.
func (Parser) Next(turn *protocol.Turn, call *protocol.Call) bool {
	m, ok := turn.Memory.(*memory)
	if !ok || turn.RequestAt < 0 {
		return false
	}
	o, found := m.nextOperation(turn, call)
	if !found {
		m.confirm(turn)
		return false
	}
	s, code := m.status(turn, &o, call)
	m.confirm(turn)
	if s == protocol.Unknown && turn.Outcome == protocol.Answered {
		return false // how many of the others failed is known, which ones is not
	}
	m.put(turn, call, &o, s, code)
	return true
}

// Learn implements protocol.Remembering: it reads a log-in, or statements that are only
// prepared or closed.
func (Parser) Learn(turn *protocol.Turn, call *protocol.Call) {
	turn.RequestAt = 0
	m := memoryOf(turn)
	if isStartup(turn.Request) {
		m.learnStartup(turn.Request, call)
		return
	}
	m.nextOperation(turn, call)
	m.confirm(turn)
}

func (m *memory) put(turn *protocol.Turn, call *protocol.Call, o *operation, s protocol.Status, code string) {
	turn.Unremembered = o.unremembered
	call.PutDatabase(turn, semconv.SystemPostgreSQL, semconv.ProtocolPostgreSQL)
	if m.namespace != "" {
		call.Text(semconv.DBNamespace, m.namespace, true)
	}
	call.PutStatement(o.statement, semconv.SystemPostgreSQL)
	if turn.Outcome != protocol.Answered {
		call.PutAborted(turn)
		return
	}
	if code != "" {
		call.Text(semconv.DBResponseStatusCode, code, true)
	}
	if s == protocol.Failed && code == "" {
		code = protocol.OtherError
	}
	call.PutStatus(s, code)
}

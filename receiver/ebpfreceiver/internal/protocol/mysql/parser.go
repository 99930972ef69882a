// SPDX-License-Identifier: Apache-2.0

package mysql

import (
	"cmp"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Parser reads the turns of MySQL and MariaDB.
type Parser struct {
	// System is the value of db.system.name. The server tells which of the two it is in its
	// greeting; where that was not seen it is mysql, after the protocol, as the conventions
	// have it for a product that speaks another's.
	System string
}

var _ protocol.Remembering = Parser{}

// Parse implements protocol.Parser. The call is that of the turn's first operation.
func (p Parser) Parse(turn *protocol.Turn, call *protocol.Call) protocol.Result {
	turn.RequestAt = 0
	m := memoryOf(turn)
	m.forget(turn.Missed)
	c, others, found := nextCommand(turn, call, m)
	if !found && len(turn.Request) > header {
		m.namespace = "" // it may be what chooses another
	}
	status, f := statusOf(turn, others)
	p.put(turn, call, m, &c, status, f)
	m.after(&c, status)
	if turn.Operations.Asked > 1 && turn.RequestAt < 0 {
		m.namespace = "" // what was not captured may choose another
	}
	if turn.Outcome == protocol.Answered && turn.Operations.Asked == 1 && !turn.Operations.Complete {
		return protocol.Growing
	}
	return protocol.Whole
}

// Next implements protocol.Sequence.
func (p Parser) Next(turn *protocol.Turn, call *protocol.Call) bool {
	m := memoryOf(turn)
	c, others, found := nextCommand(turn, call, m)
	if !found {
		m.namespace = ""
		return false
	}
	status, f := statusOf(turn, others)
	if status == protocol.Unknown && turn.Outcome == protocol.Answered {
		m.namespace = ""
		return false // how many of the others failed is known, which ones is not
	}
	p.put(turn, call, m, &c, status, f)
	m.after(&c, status)
	return true
}

// statusOf is how an operation ended, by the kernel's numbers; and of one alone, what its
// error says.
func statusOf(turn *protocol.Turn, others commands) (protocol.Status, failure) {
	o := &turn.Operations
	if turn.Outcome != protocol.Answered || o.Answered == 0 {
		return protocol.Unknown, failure{}
	}
	// where others were answered too an error may be theirs; but what cannot be prepared cannot be run either
	if o.Failed > 0 && o.Answered > o.Asked && (others.asides || o.Asked > 1 || o.Answered-o.Asked != others.prepared) {
		return protocol.Unknown, failure{}
	}
	status := o.StatusOf()
	if status == protocol.Failed && o.Asked == 1 {
		return status, findFailure(turn.Response)
	}
	return status, failure{}
}

func (p Parser) put(turn *protocol.Turn, call *protocol.Call, m *memory, c *command, status protocol.Status, f failure) {
	call.PutDatabase(turn, p.System, semconv.ProtocolMySQL)
	turn.Unremembered = false
	switch c.kind {
	case comInitDB:
		putCommand(call, "INIT_DB")
	case comFieldList:
		putCommand(call, "FIELD_LIST")
	default:
		turn.Unremembered = c.statement == nil && (c.kind == comStmtExecute || c.kind == comStmtBulkExecute)
		call.PutStatement(c.statement, p.System)
	}
	if m.namespace != "" {
		call.Text(semconv.DBNamespace, m.namespace, true)
	}
	if turn.Outcome != protocol.Answered {
		call.PutAborted(turn)
		return
	}
	if f.code != "" && f.code != protocol.OtherError {
		call.Text(semconv.DBResponseStatusCode, f.code, true)
	}
	if f.state != "" {
		call.Text(semconv.DBSQLState, f.state, false)
	}
	call.PutStatus(status, cmp.Or(f.code, protocol.OtherError))
}

// putCommand names a command that is no statement as the protocol does.
func putCommand(call *protocol.Call, name string) {
	call.Name = name
	call.Text(semconv.DBOperationName, name, true)
}

// SPDX-License-Identifier: Apache-2.0

package mysql

import (
	"encoding/binary"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// Commands (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html).
const (
	comInitDB          = 0x02
	comQuery           = 0x03
	comFieldList       = 0x04
	comChangeUser      = 0x11
	comStmtPrepare     = 0x16
	comStmtExecute     = 0x17
	comStmtSendLong    = 0x18
	comStmtClose       = 0x19
	comResetConnection = 0x1f
	comStmtBulkExecute = 0xfa // MariaDB
)

// latest is the id of the statement that was prepared last (MariaDB).
const latest = 0xffffffff

// command is an operation of a turn.
type command struct {
	kind byte
	// statement is what a text or a prepared statement does, nil if that is not known.
	statement *sqltext.Statement
	// text is the argument, as far as it was captured, and whole that this was all of it.
	text  []byte
	whole bool
}

// commands are what a turn asks for besides the operation that was found.
type commands struct {
	// asides tells that there are commands that are no operations, and have answers.
	asides bool
	// prepared are those that only prepare.
	prepared uint64
}

// nextCommand reads the operation at turn.RequestAt and moves on behind it. It reports false
// if it was not captured.
func nextCommand(turn *protocol.Turn, call *protocol.Call, m *memory) (c command, others commands, found bool) {
	for turn.RequestAt >= 0 {
		p, next, ok := packetAt(turn.Request, turn.RequestAt)
		turn.RequestAt = next
		if !ok {
			break
		}
		if p.number != 0 || len(p.payload) == 0 {
			continue
		}
		c = command{kind: p.payload[0], text: p.payload[1:], whole: p.whole}
		switch c.kind {
		case comQuery:
			c.text = m.withoutAttributes(c.text)
			if len(c.text) > 0 {
				c.statement = call.SQL.Of(sqltext.MySQL, c.text, c.whole)
			}
			return c, others, true
		case comStmtExecute, comStmtBulkExecute:
			if len(c.text) >= 4 {
				c.statement = m.statement(binary.LittleEndian.Uint32(c.text))
			}
			return c, others, true
		case comInitDB, comFieldList:
			return c, others, true
		case comStmtPrepare:
			others.prepared++
			m.prepare(call.SQL.Of(sqltext.MySQL, c.text, c.whole))
		case comStmtClose, comStmtSendLong:
		default:
			others.asides = true
		}
	}
	turn.RequestAt = -1
	return command{}, others, false
}

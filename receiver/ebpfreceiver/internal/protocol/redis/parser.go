// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Parser reads the turns of Redis.
type Parser struct{}

var _ protocol.Sequence = Parser{}

// Parse implements protocol.Parser. The call is that of the turn's first command.
func (Parser) Parse(turn *protocol.Turn, call *protocol.Call) protocol.Result {
	turn.RequestAt, turn.ResponseAt = 0, 0
	c, found := nextCommand(turn)
	if !found {
		c, turn.RequestAt = command{}, -1 // not captured: that there was one, the kernel knows
	}
	status, code := nextStatus(turn)
	put(turn, call, &c, status, code)
	if turn.Outcome == protocol.Answered && turn.Operations.Asked == 1 && !turn.Operations.Complete {
		return protocol.Growing
	}
	return protocol.Whole
}

// Next implements protocol.Sequence.
func (Parser) Next(turn *protocol.Turn, call *protocol.Call) bool {
	c, found := nextCommand(turn)
	if !found {
		return false
	}
	status, code := nextStatus(turn)
	if status == protocol.Unknown && turn.Outcome == protocol.Answered {
		return false // how many of the others failed is known, which ones is not
	}
	put(turn, call, &c, status, code)
	return true
}

func put(turn *protocol.Turn, call *protocol.Call, c *command, status protocol.Status, code string) {
	call.PutCommand(turn, semconv.SystemRedis, semconv.ProtocolRedis, c.name, status, code)
	if c.blocking {
		call.Waits = true
		call.Flag(semconv.DBBlocking)
	}
}

// nextStatus is how the next command ended, and the code of an error or of a
// redirection: by its reply, or, where that was not captured, by the kernel's
// numbers.
func nextStatus(turn *protocol.Turn) (protocol.Status, string) {
	if turn.Outcome != protocol.Answered {
		return protocol.Unknown, ""
	}
	// of what the kernel could not follow to the end it is not sure that it is a reply to this turn
	if turn.Operations.Answered == 0 {
		return protocol.Unknown, ""
	}
	if r, found := nextReply(turn); found {
		return r.status, r.code
	}
	return turn.Operations.StatusOf(), ""
}

// SPDX-License-Identifier: Apache-2.0

package memcached

import (
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Parser reads the turns of memcached.
type Parser struct{}

var _ protocol.Sequence = Parser{}

// Parse implements protocol.Parser. The call is that of the turn's first command.
func (Parser) Parse(turn *protocol.Turn, call *protocol.Call) protocol.Result {
	turn.RequestAt, turn.ResponseAt = 0, 0
	c, found := nextCommand(turn)
	if !found {
		c, turn.RequestAt = command{}, -1 // not captured: that there was one, the kernel knows
	}
	a := nextStatus(turn, c)
	put(turn, call, c, a)
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
	a := nextStatus(turn, c)
	if a.status == protocol.Unknown && turn.Outcome == protocol.Answered {
		return false // how many of the others failed is known, which ones is not
	}
	put(turn, call, c, a)
	return true
}

func put(turn *protocol.Turn, call *protocol.Call, c command, a answer) {
	call.PutCommand(turn, semconv.SystemMemcached, semconv.ProtocolMemcached, c.name, a.status, a.code)
}

// nextStatus is how a command ended: by its answer, or, where that was not captured or
// cannot be told from others, by the kernel's numbers.
func nextStatus(turn *protocol.Turn, c command) answer {
	// of what the kernel could not follow to the end it is not sure that it is an answer to this turn
	if turn.Outcome != protocol.Answered || turn.Operations.Answered == 0 {
		return answer{}
	}
	if !c.told {
		turn.ResponseAt = -1
	}
	if a, found := nextAnswer(turn); found {
		return a
	}
	return answer{status: turn.Operations.StatusOf()}
}

// SPDX-License-Identifier: Apache-2.0

package postgresql

import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"

// status is how an operation ended, and the SQLSTATE of an error: by its answer, or, where
// that was not captured, by the kernel's numbers.
func (m *memory) status(turn *protocol.Turn, o *operation, call *protocol.Call) (protocol.Status, string) {
	// of what the kernel could not follow it is not sure that it is an answer to this turn
	if turn.Outcome != protocol.Answered || turn.Operations.Answered == 0 {
		turn.ResponseAt = -1
		return protocol.Unknown, ""
	}
	s, code := m.answer(turn, o, call)
	if s == protocol.Failed {
		m.failed = true
	}
	if s == protocol.Unknown || turn.Operations.Asked == 1 && s == protocol.OK {
		s = turn.Operations.StatusOf() // an error may follow, beyond what was captured
	}
	return s, code
}

// answer reads the answer at turn.ResponseAt and moves on behind it.
func (m *memory) answer(turn *protocol.Turn, o *operation, call *protocol.Call) (protocol.Status, string) {
	for syncs := o.syncs; syncs > 0; {
		msg, next, ok := messageAt(turn.Response, turn.ResponseAt)
		turn.ResponseAt = next
		if !ok {
			return protocol.Unknown, ""
		}
		if msg.kind == readyForQuery {
			syncs--
			m.failed = false
		}
	}
	answered := false
	for {
		at := turn.ResponseAt
		msg, next, ok := messageAt(turn.Response, at)
		if !ok {
			turn.ResponseAt = -1
			return protocol.Unknown, ""
		}
		turn.ResponseAt = next
		switch msg.kind {
		case commandComplete, emptyQuery, portalSuspended, functionAnswer, copyBoth:
			answered = true
			if o.kind == query {
				continue // the answer to its next statement may follow, or an error
			}
			return m.committed(turn, o, call)
		case errorResponse:
			return protocol.Failed, sqlState(msg.body, call)
		case readyForQuery:
			turn.ResponseAt = at // the next operation's to pass
			switch {
			case answered:
				return protocol.OK, ""
			case m.failed && turn.Operations.Complete:
				return protocol.Failed, "" // passed over, behind the one that failed
			}
			return protocol.Unknown, ""
		}
	}
}

// committed is how an operation ended that was answered: the last one of a turn fails with
// the commit at the Sync.
func (m *memory) committed(turn *protocol.Turn, o *operation, call *protocol.Call) (protocol.Status, string) {
	if !o.last && !o.perhaps {
		return protocol.OK, ""
	}
	following, _, ok := messageAt(turn.Response, turn.ResponseAt)
	switch {
	case !ok && turn.Operations.Failed == 0, ok && following.kind != errorResponse:
		return protocol.OK, ""
	case ok && (o.last || turn.Operations.Asked == 1):
		return protocol.Failed, sqlState(following.body, call)
	}
	return protocol.Unknown, ""
}

// sqlState is the code in an error's fields.
func sqlState(fields []byte, call *protocol.Call) string {
	for len(fields) > 0 && fields[0] != 0 {
		value, rest, ok := text(fields[1:])
		if !ok {
			return ""
		}
		if fields[0] == 'C' {
			if !isSQLState(value) {
				return ""
			}
			return call.Texts.Of(value)
		}
		fields = rest
	}
	return ""
}

// isSQLState tells whether a code is one: five digits or capital letters.
func isSQLState(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(b) == 5
}

// succeeded tells whether all of a turn's messages that prepare statements are known to
// have succeeded.
func (m *memory) succeeded(turn *protocol.Turn) bool {
	if m.parsed == 0 {
		return true
	}
	done := 0
	for at := 0; at >= 0 && done < m.parsed; {
		msg, next, ok := messageAt(turn.Response, at)
		if !ok || msg.kind == errorResponse {
			return false
		}
		if msg.kind == parseComplete {
			done++
		}
		at = next
	}
	return done == m.parsed
}

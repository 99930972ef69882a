// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"bytes"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// reply is how a command ended.
type reply struct {
	status protocol.Status
	// code of an error or of a redirection.
	code string
}

// nextReply reads the reply at turn.ResponseAt and moves on behind it: to -1, if it
// does not end within what was captured. What a server says by itself is passed
// over. It reports false if nothing of the reply was captured.
func nextReply(turn *protocol.Turn) (reply, bool) {
	for turn.ResponseAt >= 0 && turn.ResponseAt < len(turn.Response) {
		b := turn.Response[turn.ResponseAt:]
		v, size, whole := value(b)
		if whole {
			turn.ResponseAt += size
		} else {
			turn.ResponseAt = -1
		}
		if v != '>' {
			return replyOf(b[valueAt(b):])
		}
	}
	turn.ResponseAt = -1
	return reply{}, false
}

// replyOf reads how a value ends its command, by its beginning.
func replyOf(b []byte) (reply, bool) {
	if len(b) == 0 {
		return reply{}, false
	}
	switch b[0] {
	case '-':
		return errorOf(b[1:])
	case '!':
		if _, size, ok := number(b); ok {
			return errorOf(b[size:])
		}
		return reply{}, false
	}
	return reply{status: protocol.OK}, true
}

// errorOf reads an error's code, the word that it begins with.
func errorOf(b []byte) (reply, bool) {
	end := bytes.IndexAny(b, " \r\n")
	if end < 0 {
		return reply{}, false // perhaps a redirection, which is no failure
	}
	code, known := errorCodes[string(b[:end])]
	switch {
	case !known:
		return reply{status: protocol.Failed}, true
	case code == "MOVED", code == "ASK":
		return reply{status: protocol.OK, code: code}, true
	}
	return reply{status: protocol.Failed, code: code}, true
}

// maxParts bounds the walk over a value: more do not fit into what is captured.
const maxParts = 512

// value walks over a value. It returns its type, that of what attributes stand
// before, and whether it is there to its end.
func value(b []byte) (kind byte, size int, whole bool) {
	left, at := int64(1), 0
	for range maxParts {
		if at >= len(b) {
			return kind, at, false
		}
		t := b[at]
		if left == 1 && (kind == 0 || kind == '|') {
			kind = t
		}
		left--
		switch t {
		case '+', '-', ':', '_', '#', ',', '(':
			end := bytes.IndexByte(b[at:], '\n')
			if end < 0 {
				return kind, at, false
			}
			at += end + 1
		case '$', '=', '!', '*', '~', '>', '%', '|':
			n, head, ok := number(b[at:])
			if !ok {
				return kind, at, false
			}
			at += head
			n = max(n, 0)
			switch t {
			case '$', '=', '!':
				if b[at-head+1] != '-' {
					n += int64(len("\r\n"))
				}
				if n > int64(len(b)-at) {
					return kind, at, false
				}
				at += int(n)
			case '*', '~', '>':
				left += n
			case '%':
				left += 2 * n
			case '|':
				left += 2*n + 1
			}
		default:
			return kind, at, false
		}
		if left == 0 {
			return kind, at, true
		}
		if left > int64(len(b)) {
			return kind, at, false
		}
	}
	return kind, at, false
}

// valueAt is where the value begins that attributes stand before.
func valueAt(b []byte) int {
	at := 0
	for at < len(b) && b[at] == '|' {
		n, head, ok := number(b[at:])
		if !ok || n < 0 || n > maxParts {
			return len(b)
		}
		at += head
		for range 2 * n {
			_, size, whole := value(b[at:])
			if !whole {
				return len(b)
			}
			at += size
		}
	}
	return at
}

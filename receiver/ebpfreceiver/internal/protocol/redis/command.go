// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"bytes"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// command is what is known of one.
type command struct {
	// name in upper case, otherCommand for one that is not known, empty if it was not
	// captured.
	name string
	// blocking tells that it may wait for data of others.
	blocking bool
}

// otherCommand stands for the commands of modules and whatever else a client may
// send: names from outside would be of unbounded cardinality.
const otherCommand = "_OTHER"

// nextCommand reads the command at turn.RequestAt and moves on behind it: to -1, if
// it does not end within what was captured. It reports false if its name was not
// captured.
func nextCommand(turn *protocol.Turn) (command, bool) {
	for turn.RequestAt >= 0 && turn.RequestAt < len(turn.Request) {
		b := turn.Request[turn.RequestAt:]
		if b[0] != '*' {
			line, _, ok := bytes.Cut(b, newline)
			if !ok {
				break
			}
			turn.RequestAt += len(line) + 1
			if words := bytes.Fields(line); len(words) > 0 {
				return lookUp(words[0]), true
			}
			continue // an empty line asks for nothing
		}
		args, size, ok := number(b)
		if !ok {
			break
		}
		if args <= 0 {
			turn.RequestAt += size
			continue
		}
		return array(turn, args, size)
	}
	turn.RequestAt = -1
	return command{}, false
}

// array reads a command of so many arguments, whose head is of headSize bytes.
func array(turn *protocol.Turn, args int64, headSize int) (command, bool) {
	b := turn.Request[turn.RequestAt:]
	at := headSize
	c, found := command{}, false
	for i := range args {
		if at >= len(b) || b[at] != '$' {
			turn.RequestAt = -1
			return c, found
		}
		length, size, ok := number(b[at:])
		at += size
		if !ok || length < 0 || length > int64(len(b)) || at+int(length)+len("\r\n") > len(b) {
			// the name of a command without arguments may be there without its end
			if ok && i == 0 && length >= 0 && length <= int64(len(b)-at) {
				c, found = lookUp(b[at:at+int(length)]), true
			}
			turn.RequestAt = -1
			return c, found
		}
		if i == 0 {
			c, found = lookUp(b[at:at+int(length)]), true
		} else if length == int64(len(blockOption)) && (c.name == "XREAD" || c.name == "XREADGROUP") {
			c.blocking = c.blocking || bytes.EqualFold(b[at:at+int(length)], blockOption)
		}
		at += int(length) + len("\r\n")
	}
	turn.RequestAt += at
	return c, found
}

var (
	newline = []byte{'\n'}
	// blockOption makes reading a stream wait.
	blockOption = []byte("BLOCK")
)

// number reads a line of a type and a number. It returns the size of the line, and
// false if it is not there to its end or is none.
func number(b []byte) (n int64, size int, ok bool) {
	at, negative := 1, false
	if at < len(b) && b[at] == '-' {
		at, negative = at+1, true
	}
	digits := at
	for ; at < len(b) && b[at] >= '0' && b[at] <= '9'; at++ {
		if n > maxLength {
			return 0, 0, false
		}
		n = n*10 + int64(b[at]-'0')
	}
	if at == digits || at+1 >= len(b) || b[at] != '\r' || b[at+1] != '\n' {
		return 0, 0, false
	}
	if negative {
		n = -n
	}
	return n, at + len("\r\n"), true
}

// maxLength is beyond what any server takes: 512 MB, or what it is configured to.
const maxLength = 1 << 40

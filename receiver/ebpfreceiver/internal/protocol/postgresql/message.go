// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"bytes"
	"encoding/binary"
)

// headSize is that of a message's type and length.
const headSize = 5

// message is one message, or the beginning of one.
type message struct {
	kind byte
	// body is as much of it as was captured; whole tells whether that is all.
	body  []byte
	whole bool
}

// messageAt reads the message at an offset and returns where the next one begins: -1, if
// that is not within what was captured. It reports false if not even its head was.
func messageAt(b []byte, at int) (m message, next int, ok bool) {
	if at < 0 || len(b)-at < headSize {
		return message{}, -1, false
	}
	length := int64(binary.BigEndian.Uint32(b[at+1:])) + 1 // of the message with its type
	if length < headSize {
		return message{}, -1, false
	}
	m.kind = b[at]
	if length <= int64(len(b)-at) {
		m.body, m.whole = b[at+headSize:at+int(length)], true
		return m, at + int(length), true
	}
	m.body = b[at+headSize:]
	return m, -1, true
}

// text takes a text that a NUL ends. It reports false, with what there is of it, if the end
// is not there.
func text(b []byte) (s, rest []byte, ended bool) {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i], b[i+1:], true
	}
	return b, nil, false
}

// Types of a client's messages.
const (
	query        = 'Q'
	parse        = 'P'
	bind         = 'B'
	execute      = 'E'
	closing      = 'C'
	sync         = 'S'
	functionCall = 'F'
)

// Types of a server's messages.
const (
	commandComplete = 'C'
	emptyQuery      = 'I'
	portalSuspended = 's'
	functionAnswer  = 'V'
	copyBoth        = 'W'
	errorResponse   = 'E'
	readyForQuery   = 'Z'
	parseComplete   = '1'
	noticeResponse  = 'N'
	parameterStatus = 'S'
	notification    = 'A'
)

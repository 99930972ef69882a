// SPDX-License-Identifier: Apache-2.0

package http1

import "bytes"

// A fieldWalk goes over the header fields of a head from behind its first line on.
type fieldWalk struct {
	b []byte
	// size of what was walked over.
	size int
	// ended tells that the empty line behind the last field was captured.
	ended bool
}

// next returns the next field without the end of its line, and false behind the
// last. A field that was cut short is not returned.
func (w *fieldWalk) next() ([]byte, bool) {
	nl := bytes.IndexByte(w.b[w.size:], '\n')
	if nl < 0 {
		return nil, false
	}
	line := trimCR(w.b[w.size : w.size+nl])
	w.size += nl + 1
	w.ended = len(line) == 0
	return line, !w.ended
}

// headSize returns the size of a head whose first line has a size, and 0 if the end
// of the head was not captured.
func (w *fieldWalk) headSize(firstLine int) int {
	if !w.ended {
		return 0
	}
	return firstLine + w.size
}

// initial returns the first letter of a field's name in lower case: what tells most
// fields of no interest from others.
func initial(field []byte) byte { return field[0] | 0x20 }

// valueOf returns the value of a field if it has a name, which is given in lower case.
func valueOf(field []byte, name string) ([]byte, bool) {
	if len(field) <= len(name) || field[len(name)] != ':' || !equalFold(field[:len(name)], name) {
		return nil, false
	}
	return trimBlanks(field[len(name)+1:]), true
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// trimBlanks takes optional white space off (RFC 9110, section 5.6.3).
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// parseLength reads a Content-Length (RFC 9110, section 8.6).
func parseLength(value []byte) (uint64, bool) {
	if len(value) == 0 || len(value) > 18 {
		return 0, false
	}
	var n uint64
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// endsChunked tells whether chunked is the last of a message's transfer codings (RFC
// 9112, section 6.3).
func endsChunked(value []byte) bool {
	if i := bytes.LastIndexByte(value, ','); i >= 0 {
		value = trimBlanks(value[i+1:])
	}
	return equalFold(value, "chunked")
}

// equalFold compares a field name with a lower-case one.
func equalFold(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// SPDX-License-Identifier: Apache-2.0

package http1

import "bytes"

// requestLine is a parsed request line (RFC 9112, section 3). The slices are
// parts of the input.
type requestLine struct {
	method []byte
	target []byte
	// version is "1.0" or "1.1", empty if the line was cut short before its end.
	version string
	// cut tells that the target may go on beyond the captured bytes.
	cut bool
	// size of the line with its end, 0 if the end was not captured.
	size int
}

// lineResult is what a request line turned out to be.
type lineResult uint8

const (
	lineInvalid lineResult = iota
	lineMore               // perhaps one: it was cut before its target
	lineFound
)

// maxMethod bounds a method: the longest registered one has 17 letters.
const maxMethod = 32

// parseRequestLine reads the first line of b.
func parseRequestLine(b []byte) (requestLine, lineResult) {
	var l requestLine
	sp := bytes.IndexByte(b, ' ')
	if sp == 0 || sp > maxMethod || (sp < 0 && len(b) > maxMethod) {
		return l, lineInvalid
	}
	l.method = b
	if sp > 0 {
		l.method = b[:sp]
	}
	for _, c := range l.method {
		if !isToken(c) {
			return l, lineInvalid
		}
	}
	if sp < 0 || sp+1 == len(b) {
		return l, lineMore
	}
	rest := b[sp+1:]
	line := rest
	if nl := bytes.IndexByte(rest, '\n'); nl >= 0 {
		line = trimCR(rest[:nl])
		l.size = sp + 1 + nl + 1
	}
	end := bytes.IndexByte(line, ' ')
	switch {
	case end == 0, len(line) == 0:
		return l, lineInvalid
	case end < 0 && l.size != 0: // a whole line without a version is HTTP/0.9 or no HTTP at all
		return l, lineInvalid
	case end < 0:
		l.target, l.cut = line, true
		return l, lineFound
	}
	l.target = line[:end]
	return l, l.setVersion(line[end+1:])
}

func (l *requestLine) setVersion(version []byte) lineResult {
	if l.size == 0 && len(version) > len("HTTP/1.1") { // cut between CR and LF
		version = trimCR(version)
	}
	switch string(version) {
	case "HTTP/1.1":
		l.version = "1.1"
	case "HTTP/1.0":
		l.version = "1.0"
	case "", "H", "HT", "HTT", "HTTP", "HTTP/", "HTTP/1", "HTTP/1.":
		if l.size != 0 {
			return lineInvalid
		}
	default:
		return lineInvalid
	}
	return lineFound
}

// isToken tells the characters of a token (RFC 9110, section 5.6.2).
func isToken(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) >= 0
}

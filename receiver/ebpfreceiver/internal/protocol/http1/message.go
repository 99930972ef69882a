// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"strconv"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// maxHead bounds a head, and a line of a chunked body, that is held until it is whole.
// Servers refuse heads above 8 to 32 KiB (nginx, net/http).
const maxHead = 64 << 10

// moment is when bytes passed.
type moment struct {
	ns         uint64
	queueNs    uint64
	queueKnown bool
}

// part is what comes next in a direction.
type part uint8

const (
	// partSought: where the next message begins is not known. It is looked for at the
	// beginnings of I/Os.
	partSought part = iota
	partHead
	partBody
	partToClose
	// partSize, partData, partDataEnd and partTrailer are of a chunked body.
	partSize
	partData
	partDataEnd
	partTrailer
	// partTunnel: it is not HTTP any longer.
	partTunnel
)

// listener takes the messages of a direction.
type listener interface {
	// headOf takes a head, which is whole, and says how it goes on. It reports false if
	// it is none.
	headOf(b []byte, began moment) (kind bodyKind, length uint64, ok bool)
	// endOf takes the end of a message. proven: its last byte passed at the moment.
	endOf(at moment, proven bool)
	// loses says that it is not known any longer where messages begin.
	loses()
}

// messages finds the messages of one direction.
type messages struct {
	to   listener
	room *protocol.Room

	part  part
	left  uint64 // of a body of known length, or of a chunk
	held  []byte // the beginning of a head, or of a line, that was cut
	began moment // of the head
}

// read takes bytes that passed at once.
func (m *messages) read(b []byte, at moment) {
	for len(b) > 0 && m.part != partSought {
		b = m.step(b, at)
	}
}

// step takes one part, or what there is of it, and returns what follows.
func (m *messages) step(b []byte, at moment) []byte {
	switch m.part {
	case partHead:
		return m.head(b, at)
	case partSize, partDataEnd, partTrailer:
		return m.line(b, at)
	case partBody, partData:
		n := min(m.left, uint64(len(b)))
		m.left -= n
		if m.left == 0 {
			m.filled(at, true)
		}
		return b[n:]
	}
	return nil // up to the end of the connection
}

// filled takes the end of a body, or of a chunk.
func (m *messages) filled(at moment, proven bool) {
	if m.part == partData {
		m.part = partDataEnd
		return
	}
	m.end(at, proven)
}

func (m *messages) end(at moment, proven bool) {
	m.part = partHead
	m.to.endOf(at, proven)
}

// head takes the bytes of a head.
func (m *messages) head(b []byte, at moment) []byte {
	if len(m.held) == 0 {
		if b[0] == '\r' || b[0] == '\n' {
			return b[1:] // an empty line in front of a message (RFC 9112, section 2.2)
		}
		m.began = at
	}
	head, rest, whole := m.upTo(b, headEnd)
	if !whole {
		return nil
	}
	kind, length, ok := m.to.headOf(head, m.began)
	m.release()
	if !ok || kind == bodyUnknown {
		m.lose()
		return nil
	}
	switch kind {
	case bodyNone:
		m.end(at, true)
	case bodyLength:
		m.part, m.left = partBody, length
		if length == 0 {
			m.end(at, true)
		}
	case bodyChunked:
		m.part = partSize
	case bodyToClose:
		m.part = partToClose
	default:
		m.part = partTunnel
	}
	return rest
}

// line takes the bytes of a line of a chunked body (RFC 9112, section 7.1).
func (m *messages) line(b []byte, at moment) []byte {
	line, rest, whole := m.upTo(b, lineEnd)
	if !whole {
		return nil
	}
	text := trimCR(line[:len(line)-1])
	empty := len(text) == 0
	size, sized := chunkSize(text)
	m.release()
	switch {
	case m.part == partDataEnd && empty:
		m.part = partSize
	case m.part == partTrailer && !empty:
	case m.part == partTrailer:
		m.end(at, true)
	case m.part == partDataEnd, !sized:
		m.lose()
		return nil
	case size == 0:
		m.part = partTrailer
	default:
		m.part, m.left = partData, size
	}
	return rest
}

// chunkSize reads the line in front of a chunk, without its end.
func chunkSize(line []byte) (uint64, bool) {
	digits, _, _ := bytes.Cut(line, []byte{';'}) // chunk extensions
	size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 63)
	return size, err == nil
}

// upTo adds bytes to what is held until that has an end, and returns all of it up to
// there, and what follows. Without an end it holds them. What is returned may be what
// is held: until release.
func (m *messages) upTo(b []byte, end func(b []byte, from int) int) (text, rest []byte, whole bool) {
	if len(m.held) == 0 {
		if n := end(b, 0); n > 0 {
			return b[:n], b[n:], true
		}
	}
	had := len(m.held)
	taken := b[:min(len(b), maxHead-had)]
	if !m.room.TakeBytes(len(taken)) {
		m.lose()
		return nil, nil, false
	}
	m.held = append(m.held, taken...)
	n := end(m.held, had)
	if n == 0 {
		if len(m.held) == maxHead {
			m.lose()
		}
		return nil, nil, false
	}
	return m.held[:n], b[n-had:], true
}

// headEnd returns where the empty line ends that is behind a head, of which the first
// bytes were looked at without finding it; 0: it is not there.
func headEnd(b []byte, from int) int {
	for i := max(from-3, 0); ; {
		nl := bytes.IndexByte(b[i:], '\n')
		if nl < 0 {
			return 0
		}
		i += nl + 1
		if i < len(b) && b[i] == '\n' {
			return i + 1
		}
		if i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' {
			return i + 2
		}
	}
}

// lineEnd returns where the first line ends, 0: it does not.
func lineEnd(b []byte, from int) int {
	if nl := bytes.IndexByte(b[from:], '\n'); nl >= 0 {
		return from + nl + 1
	}
	return 0
}

// skip passes over n bytes that are not known: proven, the last of them at the moment,
// otherwise some time before it.
func (m *messages) skip(n uint64, at moment, proven bool) {
	switch {
	case m.part == partSought, m.part == partToClose, m.part == partTunnel:
	case (m.part == partBody || m.part == partData) && n <= m.left:
		m.left -= n
		if m.left == 0 {
			m.filled(at, proven)
		}
	default:
		m.lose()
	}
}

// lose says that where the next message begins is not known.
func (m *messages) lose() {
	m.seek()
	m.to.loses()
}

// seek goes on with what an I/O begins with.
func (m *messages) seek() {
	m.release()
	m.part, m.left = partSought, 0
}

func (m *messages) release() {
	m.room.GiveBytes(len(m.held))
	m.held = m.held[:0]
	if cap(m.held) > 4096 {
		m.held = nil // seldom so large: not to be held for good
	}
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"encoding/binary"

	"github.com/sloe-dev/sloe/internal/slo"
)

// cell is what one minute of a series holds.
type cell struct {
	minute slo.Minute
	counts Counts
}

// history is a queue of cells that seldom change, in ascending order of minutes.
// A cell takes about four bytes, as varints: twice the distance from the minute
// before, plus one if there are late events, then good, bad and, if so, late.
type history struct {
	buf  []byte
	base uint32  // where buf starts, counted from the first byte ever pushed
	off  uint32  // where the oldest cell starts, counted alike
	head minute4 // of the cell before the oldest, 0 if there was none
	tail minute4 // of the newest
	n    uint32
	gen  uint32 // of the bytes: a place of another one means nothing
}

// minute4 is a minute in four bytes, which last until the year 10136. There are
// hundreds of them in the memory of a series' windows.
type minute4 uint32

// place is where a reader of a history stands, to go on from there.
type place struct {
	off    uint32
	before minute4 // of the cell before
	gen    uint32
}

// compactAt is how many popped bytes are carried along before they are freed.
const compactAt = 512

// push appends a cell that is newer than all others.
func (h *history) push(c cell) {
	if h.n == 0 {
		h.clear()
	}
	h.buf = appendCell(roomFor(h.buf), c, slo.Minute(h.tail))
	h.tail = minute4(c.minute)
	h.n++
}

// clear drops everything. Places of before are of no use any more.
func (h *history) clear() {
	*h = history{buf: h.buf[:0], gen: h.gen + 1}
}

// front returns the oldest cell and where the next one starts. There must be one.
func (h *history) front() (cell, uint32) { return h.at(h.off, h.head) }

// pop drops the oldest cell, which front returned with next.
func (h *history) pop(c cell, next uint32) {
	h.head, h.off = minute4(c.minute), next
	h.n--
	if popped := h.off - h.base; popped >= compactAt && popped > uint32(len(h.buf)/2) {
		h.compact()
	}
}

// compact frees what was popped. Places stay valid.
func (h *history) compact() {
	h.buf = h.buf[:copy(h.buf, h.buf[h.off-h.base:])]
	h.base = h.off
}

// seek moves a place to the first cell of a minute or after it. Moving on costs
// what lies between.
func (h *history) seek(p place, from slo.Minute) place {
	if p.gen != h.gen || p.off < h.off || slo.Minute(p.before) >= from {
		p = place{off: h.off, before: h.head, gen: h.gen}
	}
	for {
		c, next, ok := h.next(p)
		if !ok || c.minute >= from {
			return p
		}
		p = next
	}
}

// next returns the cell at a place that seek returned, and the place after it.
func (h *history) next(p place) (cell, place, bool) {
	if h.n == 0 || p.off-h.base >= uint32(len(h.buf)) {
		return cell{}, p, false
	}
	c, off := h.at(p.off, p.before)
	return c, place{off: off, before: minute4(c.minute), gen: h.gen}, true
}

// each visits the cells from a minute on, until visit returns false.
func (h *history) each(from slo.Minute, visit func(cell) bool) bool {
	p := h.seek(place{}, from)
	for {
		c, next, ok := h.next(p)
		if !ok {
			return true
		}
		if !visit(c) {
			return false
		}
		p = next
	}
}

func (h *history) at(off uint32, before minute4) (cell, uint32) {
	c, n := decodeCell(h.buf[off-h.base:], slo.Minute(before))
	return c, off + uint32(n)
}

// roomFor returns a buffer with room for one more of what takes a few bytes. It
// grows by little: many of them are held.
func roomFor(buf []byte) []byte {
	const most, step = 48, 112 // a cell of the largest numbers; some twenty usual ones
	if cap(buf)-len(buf) >= most {
		return buf
	}
	return append(make([]byte, 0, len(buf)+max(step, len(buf)/16)), buf...)
}

func appendCell(buf []byte, c cell, before slo.Minute) []byte {
	distance := uint64(c.minute-before) << 1
	if c.counts.Uncertain > 0 {
		distance |= 1
	}
	buf = binary.AppendUvarint(buf, distance)
	buf = binary.AppendUvarint(buf, c.counts.Good)
	buf = binary.AppendUvarint(buf, c.counts.Bad)
	if c.counts.Uncertain > 0 {
		buf = binary.AppendUvarint(buf, c.counts.Uncertain)
	}
	return buf
}

// decodeCell returns the cell at the start of buf and how many bytes it takes.
func decodeCell(buf []byte, before slo.Minute) (cell, int) {
	distance, off := binary.Uvarint(buf)
	c := cell{minute: before + slo.Minute(distance>>1)}
	var n int
	c.counts.Good, n = binary.Uvarint(buf[off:])
	off += n
	c.counts.Bad, n = binary.Uvarint(buf[off:])
	off += n
	if distance&1 == 1 {
		c.counts.Uncertain, n = binary.Uvarint(buf[off:])
		off += n
	}
	return c, off
}

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

// history is a queue of cells that no event changes any more, in ascending
// order of minutes. A cell takes about five bytes: four varints, the minute as
// the distance from the one before.
type history struct {
	buf  []byte
	off  int        // where the oldest cell starts
	head slo.Minute // of the cell before the oldest, 0 if there was none
	tail slo.Minute // of the newest
	n    int
}

// compactAt is how many popped bytes are carried along before they are freed.
const compactAt = 4096

// push appends a cell that is newer than all others.
func (h *history) push(c cell) {
	if h.n == 0 {
		h.buf, h.off, h.head, h.tail = h.buf[:0], 0, 0, 0
	}
	h.buf = binary.AppendUvarint(h.buf, uint64(c.minute-h.tail))
	h.buf = binary.AppendUvarint(h.buf, c.counts.Good)
	h.buf = binary.AppendUvarint(h.buf, c.counts.Bad)
	h.buf = binary.AppendUvarint(h.buf, c.counts.Late)
	h.tail = c.minute
	h.n++
}

// front returns the oldest cell and where the next one starts. There must be one.
func (h *history) front() (cell, int) { return decodeCell(h.buf, h.off, h.head) }

// pop drops the oldest cell, which front returned with next.
func (h *history) pop(c cell, next int) {
	h.head, h.off = c.minute, next
	h.n--
	if h.off >= compactAt && h.off > len(h.buf)/2 {
		h.buf = h.buf[:copy(h.buf, h.buf[h.off:])]
		h.off = 0
	}
}

// each visits the cells from the oldest on, until visit returns false.
func (h *history) each(visit func(cell) bool) bool {
	off, before := h.off, h.head
	for range h.n {
		var c cell
		c, off = decodeCell(h.buf, off, before)
		before = c.minute
		if !visit(c) {
			return false
		}
	}
	return true
}

func decodeCell(buf []byte, off int, before slo.Minute) (cell, int) {
	var v [4]uint64
	for i := range v {
		var n int
		v[i], n = binary.Uvarint(buf[off:])
		off += n
	}
	return cell{minute: before + slo.Minute(v[0]), counts: Counts{Good: v[1], Bad: v[2], Late: v[3]}}, off
}

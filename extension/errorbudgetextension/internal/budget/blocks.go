// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"encoding/binary"
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// blockMinutes is how many minutes are summed up in one block. Smaller blocks
// take more memory over a month, larger ones more at the edge of each window.
const blockMinutes = 120

// block is what the minutes of two hours of a series hold together. The minutes
// themselves are on disk.
type block struct {
	number int64 // from the epoch on
	counts Counts
}

func (h block) start() slo.Minute { return slo.Minute(h.number * blockMinutes) }
func (h block) end() slo.Minute   { return h.start() + blockMinutes }

// startOfBlock returns the first minute of the block that a minute lies within.
func startOfBlock(minute slo.Minute) slo.Minute { return block{number: blockOf(minute)}.start() }

func blockOf(minute slo.Minute) int64 { return int64(minute) / blockMinutes }

// blocks is a queue of blocks in ascending order, packed: those without counts
// take nothing, a busy one about five bytes. That is what keeps a month of a
// series within a few kilobytes.
//
// A block is a byte with the lengths of good (high half) and bad (low half) in
// bytes, then both numbers. Two bytes that are no lengths come before it if need
// be, each with a varint: blockGap, when blocks are left out, and blockLate.
type blocks struct {
	buf  []byte
	base uint32 // where buf starts, counted from the first byte ever pushed
	off  uint32 // where the oldest block starts, counted alike
	head uint32
	tail uint32 // number of the newest block
	n    uint32
	gen  uint32
}

// compactBlocksAt is how many popped bytes are carried along: those of a day or
// two.
const compactBlocksAt = 96

const (
	blockGap  = 0xf0
	blockLate = 0xe0
)

// blockPlace is where a reader stands, to go on from there.
type blockPlace struct {
	off    uint32
	before uint32
	gen    uint32
}

// push appends a block that is newer than all others.
func (h *blocks) push(e block) {
	if h.n == 0 {
		*h = blocks{buf: h.buf[:0], gen: h.gen + 1}
	}
	h.buf = roomFor(h.buf)
	if gap := e.number - int64(h.tail) - 1; gap > 0 {
		h.buf = binary.AppendUvarint(append(h.buf, blockGap), uint64(gap))
	}
	if e.counts.Uncertain > 0 {
		h.buf = binary.AppendUvarint(append(h.buf, blockLate), e.counts.Uncertain)
	}
	good, bad := lengthOf(e.counts.Good), lengthOf(e.counts.Bad)
	h.buf = append(h.buf, byte(good<<4|bad))
	h.buf = appendShort(h.buf, e.counts.Good, good)
	h.buf = appendShort(h.buf, e.counts.Bad, bad)
	h.tail = uint32(e.number)
	h.n++
}

// pop drops the oldest block.
func (h *blocks) pop() {
	e, next, ok := h.next(blockPlace{off: h.off, before: h.head, gen: h.gen})
	if !ok {
		return
	}
	h.off, h.head = next.off, uint32(e.number)
	h.n--
	if popped := h.off - h.base; popped >= compactBlocksAt {
		h.buf = h.buf[:copy(h.buf, h.buf[popped:])]
		h.base = h.off
	}
}

// seek moves a place to the first block that ends after a minute.
func (h *blocks) seek(p blockPlace, from slo.Minute) blockPlace {
	if p.gen != h.gen || p.off < h.off || int64(p.before) >= blockOf(from) {
		p = blockPlace{off: h.off, before: h.head, gen: h.gen}
	}
	for {
		e, next, ok := h.next(p)
		if !ok || e.end() > from {
			return p
		}
		p = next
	}
}

// next returns the block at a place that seek returned, and the place after it.
func (h *blocks) next(p blockPlace) (block, blockPlace, bool) {
	if h.n == 0 || p.off-h.base >= uint32(len(h.buf)) {
		return block{}, p, false
	}
	buf := h.buf[p.off-h.base:]
	e, i := block{number: int64(p.before) + 1}, 0
	for buf[i] == blockGap || buf[i] == blockLate {
		v, n := binary.Uvarint(buf[i+1:])
		if buf[i] == blockGap {
			e.number += int64(v)
		} else {
			e.counts.Uncertain = v
		}
		i += 1 + n
	}
	good, bad := int(buf[i]>>4), int(buf[i]&15)
	i++
	e.counts.Good = short(buf[i : i+good])
	e.counts.Bad = short(buf[i+good : i+good+bad])
	return e, blockPlace{off: p.off + uint32(i+good+bad), before: uint32(e.number), gen: h.gen}, true
}

// all returns the blocks unpacked.
func (h *blocks) all() []block {
	out := make([]block, 0, h.n)
	p := blockPlace{off: h.off, before: h.head, gen: h.gen}
	for {
		e, next, ok := h.next(p)
		if !ok {
			return out
		}
		out, p = append(out, e), next
	}
}

// amend adds to a block that may be any. It packs everything anew, so it is for
// what seldom happens.
func (h *blocks) amend(number int64, counts Counts) {
	all := h.all()
	i, found := slices.BinarySearchFunc(all, number, func(e block, n int64) int { return int(e.number - n) })
	if found {
		all[i].counts.add(counts)
	} else {
		all = slices.Insert(all, i, block{number: number, counts: counts})
	}
	h.replace(all)
}

func (h *blocks) replace(all []block) {
	*h = blocks{buf: h.buf[:0], gen: h.gen + 1}
	for _, e := range all {
		h.push(e)
	}
}

// lengthOf returns how many bytes a number takes.
func lengthOf(v uint64) int {
	n := 0
	for ; v > 0; v >>= 8 {
		n++
	}
	return n
}

func appendShort(buf []byte, v uint64, n int) []byte {
	for ; n > 0; n-- {
		buf = append(buf, byte(v))
		v >>= 8
	}
	return buf
}

func short(b []byte) uint64 {
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

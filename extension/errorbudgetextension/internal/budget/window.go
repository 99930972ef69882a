// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// window is the running sum of one span of a series. It moves on with time, so
// that each minute enters once and leaves once.
type window struct {
	name string
	sum  Counts
	from minute4 // what is older is not in sum; none before it is counted
	read minute4 // when it was last asked for

	minutes place      // of from in the packed minutes
	blocks  blockPlace // of from in the blocks
	// edge holds the minutes of the block that from lies within, if that block's
	// minutes are on disk. It is nil if from starts a block.
	edge *edge
}

// edge is the block that a window is just leaving.
type edge struct {
	left   Counts // what of the block is still in the window's sum
	cells  []byte // the minutes of the block that leave next, as a history has them
	number uint32
	until  minute4 // how far cells reach
	before minute4 // the minute before the first of them
}

// edgeMinutes is how many minutes of an edge are held: more take more memory,
// fewer ask the archive more often.
const edgeMinutes = 30

// unreadAfter is after how many minutes a window is forgotten that nobody asks
// for.
const unreadAfter = 2 * 24 * 60

// over returns the sum of a span. Now is the current minute.
func (s *series) over(span Span, now slo.Minute) Counts {
	from := max(span.From, 0) // counts begin with the epoch
	s.reach(from)
	w := s.windowNamed(span.Name)
	switch {
	case w == nil:
		w = s.newWindow(span.Name)
		s.recount(w, from)
	case from < w.start():
		s.recount(w, from)
	default:
		s.moveOn(w, from)
	}
	w.read = minute4(max(now, 0))
	return w.sum
}

func (w *window) start() slo.Minute { return slo.Minute(w.from) }

// beginsIn tells whether the window begins within a block, and not with it.
func (w *window) beginsIn(whole block) bool {
	return whole.start() < w.start() && w.start() < whole.end()
}

// windowNamed returns a window until the next one is made, nil if there is none of
// the name.
func (s *series) windowNamed(name string) *window {
	for i := range s.windows {
		if s.windows[i].name == name {
			return &s.windows[i]
		}
	}
	return nil
}

// newWindow returns a new window until the next one is made. The windows of a series
// lie in one piece, as the collector of garbage looks at each piece, and there are
// many series.
func (s *series) newWindow(name string) *window {
	grown := make([]window, len(s.windows)+1) // no more than it needs
	copy(grown, s.windows)
	grown[len(s.windows)].name = name
	s.windows = grown
	return &grown[len(grown)-1]
}

// recount adds a window up from nothing.
func (s *series) recount(w *window, from slo.Minute) {
	if s.archived() {
		from = max(from, s.kept) // what the archive failed to give comes at the next read
	}
	*w = window{name: w.name, from: minute4(from)}
	w.blocks = s.blocks.seek(w.blocks, from)
	for p := w.blocks; ; {
		e, next, ok := s.blocks.next(p)
		if !ok {
			break
		}
		w.sum.add(e.counts)
		p = next
	}
	w.minutes = s.old.seek(w.minutes, from)
	for p := w.minutes; ; {
		c, next, ok := s.old.next(p)
		if !ok {
			break
		}
		w.sum.add(c.counts)
		p = next
	}
	for _, c := range s.hot {
		if c.minute >= from {
			w.sum.add(c.counts)
		}
	}
	// Of the block that from lies within, the minutes before are too many.
	if e, _, ok := s.blocks.next(w.blocks); ok && e.start() < from {
		w.from = minute4(e.start())
		s.moveOn(w, from)
	}
}

// moveOn drops the minutes before to. If the minutes of a block cannot be had,
// the window keeps them for now.
func (s *series) moveOn(w *window, to slo.Minute) {
	if to <= w.start() {
		return
	}
	w.blocks = s.blocks.seek(w.blocks, w.start())
	for {
		e, next, ok := s.blocks.next(w.blocks)
		if !ok || e.start() >= to {
			break
		}
		if e.end() > to {
			if !s.moveWithin(w, e, to) {
				return
			}
			break
		}
		if w.within(e) {
			w.sum.sub(w.edge.left)
		} else {
			w.sum.sub(e.counts)
		}
		w.edge, w.blocks, w.from = nil, next, minute4(e.end())
	}
	w.minutes = s.old.seek(w.minutes, w.start())
	for {
		c, next, ok := s.old.next(w.minutes)
		if !ok || c.minute >= to {
			break
		}
		w.sum.sub(c.counts)
		w.minutes = next
	}
	for _, c := range s.hot {
		if c.minute >= to {
			break
		}
		if c.minute >= w.start() {
			w.sum.sub(c.counts)
		}
	}
	w.from = minute4(to)
}

// within tells whether a block is the one that the window is just leaving, and
// which of its minutes are left is known.
func (w *window) within(e block) bool { return w.edge != nil && int64(w.edge.number) == e.number }

// moveWithin moves a window's start within a block whose minutes are on disk.
func (s *series) moveWithin(w *window, e block, to slo.Minute) bool {
	if !w.within(e) || to > slo.Minute(w.edge.until) {
		cells, err := s.minutesOf(e)
		if err != nil {
			return false
		}
		for _, c := range cells {
			if c.minute >= w.start() && c.minute < to {
				w.sum.sub(c.counts)
			}
		}
		w.edge = newEdge(e.number, cells, to)
		return true
	}
	w.sum.sub(w.edge.dropBefore(to))
	return true
}

// newEdge returns the part of a block from a minute on.
func newEdge(number int64, cells []cell, from slo.Minute) *edge {
	e := &edge{number: uint32(number), until: minute4(from + edgeMinutes), before: minute4(from)}
	last := from
	var buf []byte
	for _, c := range cells {
		if c.minute < from {
			continue
		}
		e.left.add(c.counts)
		if c.minute < slo.Minute(e.until) {
			buf = appendCell(buf, c, last)
			last = c.minute
		}
	}
	e.cells = slices.Clip(slices.Clone(buf))
	return e
}

// dropBefore returns what left with the minutes before to.
func (e *edge) dropBefore(to slo.Minute) Counts {
	var gone Counts
	for len(e.cells) > 0 {
		c, n := decodeCell(e.cells, slo.Minute(e.before))
		if c.minute >= to {
			break
		}
		e.cells, e.before = e.cells[n:], minute4(c.minute)
		gone.add(c.counts)
	}
	e.left.sub(gone)
	return gone
}

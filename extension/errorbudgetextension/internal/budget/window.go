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
	from slo.Minute // what is older is not in sum
	sum  Counts
	read slo.Minute // when it was last asked for

	minutes place      // of from in the packed minutes
	blocks  blockPlace // of from in the blocks
	// edge holds the minutes of the block that from lies within, if that block's
	// minutes are on disk. It is nil if from starts a block.
	edge *edge
}

// edge is the block that a window is just leaving.
type edge struct {
	number int64
	left   Counts     // what of the block is still in the window's sum
	until  slo.Minute // how far cells reach
	cells  history    // the minutes of the block that leave next
}

// edgeMinutes is how many minutes of an edge are held: more take more memory,
// fewer ask the archive more often.
const edgeMinutes = 30

// unreadAfter is after how many minutes a window is forgotten that nobody asks
// for.
const unreadAfter = 2 * 24 * 60

// over returns the sum of a span. Now is the current minute.
func (s *series) over(span Span, now slo.Minute) Counts {
	w := s.windowNamed(span.Name)
	if w == nil {
		w = &window{name: span.Name, from: -1}
		s.windows = append(s.windows, w)
	}
	w.read = now
	s.reach(span.From)
	if w.from < 0 || span.From < w.from {
		s.recount(w, span.From)
	} else {
		s.moveOn(w, span.From)
	}
	return w.sum
}

func (s *series) windowNamed(name string) *window {
	for _, w := range s.windows {
		if w.name == name {
			return w
		}
	}
	return nil
}

// recount adds a window up from nothing.
func (s *series) recount(w *window, from slo.Minute) {
	if s.past != nil {
		from = max(from, s.kept) // what the archive failed to give comes at the next read
	}
	*w = window{name: w.name, read: w.read, from: from}
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
		w.from = e.start()
		s.moveOn(w, from)
	}
}

// moveOn drops the minutes before to. If the minutes of a block cannot be had,
// the window keeps them for now.
func (s *series) moveOn(w *window, to slo.Minute) {
	if to <= w.from {
		return
	}
	w.blocks = s.blocks.seek(w.blocks, w.from)
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
		if w.edge != nil && w.edge.number == e.number {
			w.sum.sub(w.edge.left)
		} else {
			w.sum.sub(e.counts)
		}
		w.edge, w.blocks, w.from = nil, next, e.end()
	}
	w.minutes = s.old.seek(w.minutes, w.from)
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
		if c.minute >= w.from {
			w.sum.sub(c.counts)
		}
	}
	w.from = to
}

// moveWithin moves a window's start within a block whose minutes are on disk.
func (s *series) moveWithin(w *window, e block, to slo.Minute) bool {
	if w.edge == nil || w.edge.number != e.number || to > w.edge.until {
		cells, err := s.minutesOf(e)
		if err != nil {
			return false
		}
		for _, c := range cells {
			if c.minute >= w.from && c.minute < to {
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
	e := &edge{number: number, until: from + edgeMinutes}
	for _, c := range cells {
		if c.minute < from {
			continue
		}
		e.left.add(c.counts)
		if c.minute < e.until {
			e.cells.push(c)
		}
	}
	e.cells.buf = slices.Clip(slices.Clone(e.cells.buf))
	return e
}

// dropBefore returns what left with the minutes before to.
func (e *edge) dropBefore(to slo.Minute) Counts {
	var gone Counts
	for e.cells.n > 0 {
		c, next := e.cells.front()
		if c.minute >= to {
			break
		}
		e.cells.pop(c, next)
		gone.add(c.counts)
	}
	e.left.sub(gone)
	return gone
}

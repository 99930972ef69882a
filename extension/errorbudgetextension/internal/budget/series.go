// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// series keeps the minutes of one window of one series, and their sum. Adding
// and reading cost the same however long the window is, amortised: each minute
// enters once and leaves once.
type series struct {
	window slo.Minute // length, in minutes
	hot    []cell     // minutes that late events may still reach, ascending
	old    history    // minutes before those
	sum    Counts     // of hot and old

	first slo.Minute // when the series became known
	last  slo.Minute // its newest minute, be it of zero events
	event slo.Minute // its newest minute with events, -1 if there was none
}

// hotCells is how many minutes are held apart before those are frozen that late
// events cannot reach. Twice the lateness keeps the work amortised.
const hotCells = 2 * maxLateness

func newSeries(window slo.Minute, first slo.Minute) *series {
	return &series{window: window, first: first, last: first, event: -1}
}

// add counts in a minute. Now is the current minute.
func (s *series) add(now, minute slo.Minute, counts Counts) {
	s.advance(now)
	s.first = min(s.first, minute)
	s.last = max(s.last, minute)
	if counts.Good != 0 || counts.Bad != 0 {
		s.event = max(s.event, minute)
	}
	if counts.IsZero() || minute < now-s.window {
		return
	}
	if s.old.n > 0 && minute <= s.old.tail {
		s.thaw()
	}
	s.sum.add(counts)
	i, found := slices.BinarySearchFunc(s.hot, minute, func(c cell, m slo.Minute) int { return int(c.minute - m) })
	if found {
		s.hot[i].counts.add(counts)
		return
	}
	s.hot = slices.Insert(s.hot, i, cell{minute: minute, counts: counts})
	if len(s.hot) > hotCells {
		s.freeze(now)
	}
}

// advance drops the minutes that left the window [now - window, now].
func (s *series) advance(now slo.Minute) {
	start := now - s.window
	for s.old.n > 0 {
		c, next := s.old.front()
		if c.minute >= start {
			return
		}
		s.old.pop(c, next)
		s.sum.sub(c.counts)
	}
	n := 0
	for n < len(s.hot) && s.hot[n].minute < start {
		s.sum.sub(s.hot[n].counts)
		n++
	}
	s.hot = slices.Delete(s.hot, 0, n)
}

// each visits the minutes of the window from the oldest on.
func (s *series) each(visit func(cell) bool) {
	if !s.old.each(visit) {
		return
	}
	for _, c := range s.hot {
		if !visit(c) {
			return
		}
	}
}

func (s *series) freeze(now slo.Minute) {
	n := 0
	for n < len(s.hot) && s.hot[n].minute < now-maxLateness {
		s.old.push(s.hot[n])
		n++
	}
	s.hot = slices.Delete(s.hot, 0, n)
}

// thaw takes the frozen minutes back. Only a batch needs it that storage refused
// for so long that its minutes were frozen meanwhile.
func (s *series) thaw() {
	cells := make([]cell, 0, s.old.n+len(s.hot))
	s.each(func(c cell) bool {
		cells = append(cells, c)
		return true
	})
	s.hot, s.old = cells, history{}
}

// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// BadFallsTo returns the minute from whose start on the window holds limit bad
// events or fewer, if none is added: the bad ones leave as the window moves.
func (i Indicator) BadFallsTo(limit uint64) (at slo.Minute) {
	i.series.owner.home.ask(func() { at = i.series.badFallsTo(i.span, slo.MinuteOf(i.at), limit) })
	return at
}

func (s *series) badFallsTo(span Span, now slo.Minute, limit uint64) slo.Minute {
	counts, _ := s.tally(span, now)
	left := counts.Bad
	if left <= limit {
		return 0
	}
	if span.Length == 0 {
		return span.Resets
	}
	// The window may start before the span if the archive failed.
	w := s.windowNamed(span.Name)
	leaves := slo.Minute(0)
	leave := func(minute slo.Minute, bad uint64) bool {
		if s.out != nil && s.owner.excludes(minute) {
			return true // none of it counts
		}
		left -= bad
		leaves = minute + span.Length + 1
		return left > limit
	}
	for p := s.blocks.seek(w.blocks, w.start()); ; {
		e, next, ok := s.blocks.next(p)
		if !ok {
			break
		}
		bad := e.counts.Bad
		if w.within(e) {
			bad = w.edge.left.Bad
		}
		if bad >= left-limit || s.out != nil && s.owner.excludesSome(e.start(), e.end()) {
			if !s.fallsWithin(w, e, leave) {
				return leaves
			}
		} else {
			leave(e.end()-1, bad)
		}
		p = next
	}
	more := s.old.each(w.start(), func(c cell) bool { return leave(c.minute, c.counts.Bad) })
	for _, c := range s.hot {
		if more && c.minute >= w.start() {
			more = leave(c.minute, c.counts.Bad)
		}
	}
	return leaves
}

// fallsWithin visits the minutes of a block, or the block as a whole if they
// cannot be had: then the answer is up to two hours too late. It tells whether
// more is to leave.
func (s *series) fallsWithin(w *window, e block, leave func(slo.Minute, uint64) bool) bool {
	cells, err := s.minutesOf(e)
	if err != nil {
		bad := e.counts.Bad
		if w.within(e) {
			bad = w.edge.left.Bad
		}
		return leave(e.end()-1, bad)
	}
	for _, c := range cells {
		if c.minute >= w.start() && !leave(c.minute, c.counts.Bad) {
			return false
		}
	}
	return true
}

// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// sliced returns the series whose events are the minutes of this one: a minute
// is good if a share of its events or more is. Minutes without events, as of an
// idle or of an unmeasured service, are none. It is nil while the archive fails.
func (s *series) sliced(target slo.Ratio, now slo.Minute) *series {
	if d, ok := s.slices[target]; ok {
		return d
	}
	var judged past
	if s.archived() {
		judged = func(from, to slo.Minute, visit func(slo.Minute, Counts)) error {
			return s.past(from, to, func(minute slo.Minute, c Counts) {
				if slice := sliceOf(c, target); !slice.IsZero() {
					visit(minute, slice)
				}
			})
		}
	}
	oldest := startOfBlock(now - s.keep)
	d := newSeries(s.owner, s.sli, s.definition, s.keep, oldest, judged)
	d.kept = oldest
	err := s.visit(oldest, s.newestAt(now), func(minute slo.Minute, c Counts) { d.add(now, minute, sliceOf(c, target)) })
	if err != nil {
		return nil
	}
	if s.slices == nil {
		s.slices = map[slo.Ratio]*series{}
	}
	s.slices[target] = d
	return d
}

// sliceOf judges a minute.
func sliceOf(c Counts, target slo.Ratio) Counts {
	valid := c.Good + c.Bad
	switch {
	case valid == 0:
		return Counts{}
	case target.Cmp(c.Good, valid) <= 0:
		return Counts{Good: 1}
	}
	return Counts{Bad: 1}
}

// judge brings the slices up to date with counts that are about to be added.
func (s *series) judge(now, minute slo.Minute, counts Counts) {
	if len(s.slices) == 0 {
		return
	}
	if minute < s.heldFrom() {
		s.slices = nil // what the minute holds is on disk: judged anew when asked for
		return
	}
	var before Counts
	_ = s.visit(minute, minute+1, func(_ slo.Minute, c Counts) { before = c }) // from memory
	after := before
	after.add(counts)
	for target, d := range s.slices {
		was, is := sliceOf(before, target), sliceOf(after, target)
		if was != is {
			is.sub(was) // a verdict taken back is a count of less than none, for a moment
			d.add(now, minute, is)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// JudgeMinutes tells the Ledger which minutes are judged: the targets of each
// indicator of a service. It is called before anything is restored or applied:
// what is judged as it comes takes no reading of the past, which takes long if the
// archive holds a fleet. Other targets are judged when they are asked for.
func (l *Ledger) JudgeMinutes(of func(service slo.Service, sli string) []slo.Ratio) { l.judged = of }

// judgeFrom begins to judge a series that holds nothing yet.
func (s *series) judgeFrom(now slo.Minute) {
	judged := s.owner.home.ledger.judged
	if judged == nil {
		return
	}
	for _, target := range judged(s.owner.id, s.sli) {
		s.keepSlice(target, s.newSlice(target, now))
	}
}

// unjudged tells whether minutes are to be judged that are not.
func (s *series) unjudged() bool {
	judged := s.owner.home.ledger.judged
	return judged != nil && slices.ContainsFunc(judged(s.owner.id, s.sli), func(target slo.Ratio) bool { return s.slices[target] == nil })
}

// sliced returns the series whose events are the minutes of this one: a minute
// is good if a share of its events or more is. Minutes without events, as of an
// idle or of an unmeasured service, are none. It is nil while the archive fails.
func (s *series) sliced(target slo.Ratio, now slo.Minute) *series {
	if d, ok := s.slices[target]; ok {
		return d
	}
	d := s.newSlice(target, now)
	err := s.visit(d.kept, s.newestAt(now), func(minute slo.Minute, c Counts) { d.add(now, minute, sliceOf(c, target)) })
	if err != nil {
		return nil
	}
	s.keepSlice(target, d)
	return d
}

// newSlice returns a series for the minutes of this one, without any.
func (s *series) newSlice(target slo.Ratio, now slo.Minute) *series {
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
	return d
}

func (s *series) keepSlice(target slo.Ratio, d *series) {
	if s.slices == nil {
		s.slices = map[slo.Ratio]*series{}
	}
	s.slices[target] = d
}

// sliceOf judges a minute. Where its verdict depends on what the events were that
// nobody could judge, the minute is uncertain itself.
func sliceOf(c Counts, target slo.Ratio) Counts {
	known := c.events()
	switch {
	case known == 0:
		return Counts{}
	case target.Cmp(c.Good, known) <= 0: // though all the others were bad
		return Counts{Good: 1}
	case target.Cmp(c.Good+c.Uncertain, known) > 0: // though all of them were good
		return Counts{Bad: 1}
	}
	return Counts{Uncertain: 1}
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
	before := s.held(minute)
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

// held returns what memory has of a minute.
func (s *series) held(minute slo.Minute) Counts {
	if len(s.hot) > 0 && minute >= s.hot[0].minute {
		if i, found := s.findHot(minute); found {
			return s.hot[i].counts
		}
		return Counts{}
	}
	var found Counts
	if s.old.n > 0 && minute <= slo.Minute(s.old.tail) {
		s.old.each(minute, func(c cell) bool {
			if c.minute == minute {
				found = c.counts
			}
			return false
		})
	}
	return found
}

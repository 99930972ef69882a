// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"errors"
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Interval is the minutes [From, To).
type Interval struct {
	From, To slo.Minute
}

// SetExclusions sets the minutes that no verdict counts, such as planned
// maintenance: for each service intervals in ascending order that do not overlap,
// as far back as counts are kept. What was counted in them is kept and shown
// apart, and counts again when they are taken back.
func (l *Ledger) SetExclusions(of func(slo.Service) []Interval) {
	l.excluded.Store(&of)
	for n := range l.shards {
		l.shards[n].exclude(of)
	}
}

func (sh *shard) exclude(of func(slo.Service) []Interval) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for id, s := range sh.services {
		s.exclude(of(id))
	}
}

func (s *service) exclude(intervals []Interval) {
	if slices.Equal(s.exclusions, intervals) {
		return
	}
	s.exclusions = intervals
	for _, c := range s.series {
		c.out = nil
		for _, d := range c.slices {
			d.out = nil
		}
	}
}

// excludes tells whether a minute is excluded.
func (s *service) excludes(minute slo.Minute) bool { return s.excludesSome(minute, minute+1) }

// excludesSome tells whether any minute of [from, to) is excluded.
func (s *service) excludesSome(from, to slo.Minute) bool {
	i, _ := slices.BinarySearchFunc(s.exclusions, from, func(e Interval, m slo.Minute) int { return int(e.To - 1 - m) })
	return i < len(s.exclusions) && s.exclusions[i].From < to
}

// tally returns what of a span counts, and what is excluded.
func (s *series) tally(span Span, now slo.Minute) (in, out Counts) {
	in = s.over(span, now)
	if len(s.owner.exclusions) == 0 {
		return in, Counts{}
	}
	if s.out == nil {
		s.exclude(now)
	}
	if s.out != nil {
		out = s.out.over(span, now)
		in.sub(out)
	}
	return in, out
}

// exclude gathers what is excluded into a series of its own. If the archive
// fails, nothing is excluded until it is asked again.
func (s *series) exclude(now slo.Minute) {
	owner := s.owner
	var filtered past
	if s.archived() {
		filtered = func(from, to slo.Minute, visit func(slo.Minute, Counts)) error {
			return s.past(from, to, func(minute slo.Minute, c Counts) {
				if owner.excludes(minute) {
					visit(minute, c)
				}
			})
		}
	}
	oldest := startOfBlock(now - s.keep)
	out := newSeries(owner, s.sli, s.definition, s.keep, oldest, filtered)
	out.kept = oldest
	var errs error // all are visited, so that what is missing of each is known at once
	for _, e := range owner.exclusions {
		err := s.visit(max(e.From, oldest), min(e.To, s.newestAt(now)), func(minute slo.Minute, c Counts) { out.add(now, minute, c) })
		errs = errors.Join(errs, err)
	}
	if errs == nil {
		s.out = out
	}
}

// visit visits the minutes of [from, to) that hold counts, in ascending order.
func (s *series) visit(from, to slo.Minute, visit func(slo.Minute, Counts)) error {
	if held := s.heldFrom(); from < held && from < to && s.archived() {
		if err := s.past(from, min(to, held), visit); err != nil {
			return err
		}
		from = held
	}
	s.old.each(from, func(c cell) bool {
		if c.minute < to {
			visit(c.minute, c.counts)
		}
		return c.minute < to
	})
	for _, c := range s.hot {
		if c.minute >= from && c.minute < to {
			visit(c.minute, c.counts)
		}
	}
	return nil
}

// newestAt returns the minute that ends all that may hold counts. Who evaluates
// minutes of before, as after a restart, asks with a past now.
func (s *series) newestAt(now slo.Minute) slo.Minute { return max(now+maxSkew, s.last) + 1 }

// heldFrom returns the minute from which on memory has the minutes themselves.
func (s *series) heldFrom() slo.Minute {
	if s.blocks.n == 0 {
		return s.kept
	}
	return max(s.kept, block{number: int64(s.blocks.tail)}.end())
}

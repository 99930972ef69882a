// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Closed sums the closed minutes [now - length, now) of an indicator, by its
// current definition, for each of some lengths, and puts the sums into the slice
// of the same length. Alerts are decided by closed minutes alone: the open one is
// half a truth. Excluded minutes are none. It tells whether the indicator is known.
//
// A length that is asked for again and again costs the same however long it is.
func (l *Ledger) Closed(service slo.Service, sli string, now slo.Minute, lengths []time.Duration, into []Counts) bool {
	return l.ClosedSlices(service, sli, slo.Ratio{}, now, lengths, into)
}

// ClosedSlices is Closed for minutes that are judged, if target is greater than 0:
// one is good if that share of its events is. It is false too while the minutes
// of the past cannot be read.
func (l *Ledger) ClosedSlices(service slo.Service, sli string, target slo.Ratio, now slo.Minute, lengths []time.Duration, into []Counts) bool {
	sh := l.shardOf(service.Name)
	known := false
	sh.ask(func() {
		c := sh.currentSeries(service, sli)
		if c != nil && target.Num > 0 {
			c = c.sliced(target, now)
		}
		if known = c != nil; !known {
			return
		}
		for i, length := range lengths {
			into[i], _ = c.tally(Rolling(length, now), now)
		}
		open := c.from(now) // after the windows, which look up what is excluded
		for i := range lengths {
			into[i].sub(open)
		}
	})
	return known
}

// Over sums the minutes of a span of an indicator, by its current definition,
// without those that are excluded.
func (l *Ledger) Over(service slo.Service, sli string, span Span, now slo.Minute) (Counts, bool) {
	sh := l.shardOf(service.Name)
	var in Counts
	known := false
	sh.ask(func() {
		c := sh.currentSeries(service, sli)
		if known = c != nil; known {
			in, _ = c.tally(span, now)
		}
	})
	return in, known
}

func (sh *shard) currentSeries(service slo.Service, sli string) *series {
	s, ok := sh.services[service]
	if !ok {
		return nil
	}
	return s.current(sli)
}

// from sums the newest minutes, those from one on, without such as are excluded.
func (s *series) from(minute slo.Minute) Counts {
	var sum Counts
	for i := len(s.hot) - 1; i >= 0 && s.hot[i].minute >= minute; i-- {
		if s.out == nil || !s.owner.excludes(s.hot[i].minute) {
			sum.add(s.hot[i].counts)
		}
	}
	if s.old.n == 0 || slo.Minute(s.old.tail) < minute {
		return sum
	}
	s.old.each(minute, func(c cell) bool { // minute is one of before, as after a restart
		if s.out == nil || !s.owner.excludes(c.minute) {
			sum.add(c.counts)
		}
		return true
	})
	return sum
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Closed sums the closed minutes [now - length, now) of an indicator, by its
// current definition, for each of some lengths, and puts the sums into the slice
// of the same length. Alerts are decided by closed minutes alone: the open one is
// half a truth. It tells whether the indicator is known.
//
// A length that is asked for again and again costs the same however long it is.
func (l *Ledger) Closed(service slo.Service, sli string, now slo.Minute, lengths []time.Duration, into []Counts) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.currentSeries(service, sli)
	if c == nil {
		return false
	}
	open := c.from(now)
	for i, length := range lengths {
		into[i] = c.over(Rolling(length, now), now)
		into[i].sub(open)
	}
	return true
}

// Over sums the minutes of a span of an indicator, by its current definition.
func (l *Ledger) Over(service slo.Service, sli string, span Span, now slo.Minute) (Counts, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.currentSeries(service, sli)
	if c == nil {
		return Counts{}, false
	}
	return c.over(span, now), true
}

func (l *Ledger) currentSeries(service slo.Service, sli string) *series {
	s, ok := l.services[service]
	if !ok {
		return nil
	}
	return s.current(sli)
}

// from sums the newest minutes, those from a recent one on.
func (s *series) from(minute slo.Minute) Counts {
	var sum Counts
	for i := len(s.hot) - 1; i >= 0 && s.hot[i].minute >= minute; i-- {
		sum.add(s.hot[i].counts)
	}
	return sum
}

// SPDX-License-Identifier: Apache-2.0

package ledger

import "github.com/sloe-dev/sloe/internal/slo"

// Total is the cumulative count of one indicator of one service.
type Total struct {
	SLI       string
	Good, Bad uint64
	// Uncertain events are those that could not be judged.
	Uncertain uint64
}

// Export is a snapshot of the ledger for sli.events. It is used by one goroutine
// at a time.
type Export struct {
	fresh []*series
}

// Collect calls f for every service that has counts, by first sight. A series is
// zero until an export with it was confirmed: a rate over a counter whose first
// sample is 100 does not see those 100. The slice is valid during the call.
func (l *Ledger) Collect(f func(service slo.Service, totals []Total)) *Export {
	l.mu.RLock()
	order := l.order[:len(l.order):len(l.order)]
	l.mu.RUnlock()

	e := &Export{}
	totals := make([]Total, 0, len(l.rules))
	for _, s := range order {
		totals = totals[:0]
		for i := range s.series {
			totals = e.add(totals, l.rules[i].Name, &s.series[i])
		}
		if apart := s.apart.Load(); apart != nil {
			for _, c := range *apart {
				totals = e.add(totals, c.name, &c.series)
			}
		}
		if len(totals) != 0 {
			f(s.id, totals)
		}
	}
	return e
}

func (e *Export) add(totals []Total, sli string, c *series) []Total {
	switch {
	case !c.seen.Load():
		return totals
	case !c.exported:
		e.fresh = append(e.fresh, c)
		return append(totals, Total{SLI: sli})
	}
	return append(totals, Total{SLI: sli, Good: c.good.Load(), Bad: c.bad.Load(), Uncertain: c.uncertain.Load()})
}

// Confirm says that the export was taken. It returns whether it held series for
// the first time, whose counts only the next export brings.
func (e *Export) Confirm() (first bool) {
	for _, c := range e.fresh {
		c.exported = true
	}
	return len(e.fresh) != 0
}

// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// Stretch is some minutes of one series in a row, as storage keeps them.
type Stretch struct {
	Series SeriesID
	// First and Last are the minutes in which the series was heard of, be it of
	// zero events.
	First, Last slo.Minute
	// Counts are those of the minutes From, From+1 and so on. The receiver reads
	// them before it returns, and keeps no reference.
	From   slo.Minute
	Counts []Counts
}

// Plus returns the sum.
func (c Counts) Plus(o Counts) Counts {
	c.add(o)
	return c
}

// Stretch takes stored minutes of a series.
func (r *Restorer) Stretch(s Stretch) {
	id := s.Series.Key
	r.ledger.service(id.Service).find(id.SLI, s.Series.Definition, s.First).restore(r.now, s)
}

// restore adds minutes. Those that come in order, as storage gives them, go
// straight to where minutes rest that no event changes any more.
func (s *series) restore(now slo.Minute, from Stretch) {
	s.add(now, from.First, Counts{})
	s.add(now, from.Last, Counts{})
	for i, c := range from.Counts {
		minute := from.From + slo.Minute(i)
		if c.IsZero() || minute < now-s.window {
			continue
		}
		if minute >= now-maxLateness || len(s.hot) > 0 || s.old.n > 0 && minute <= s.old.tail {
			s.add(now, minute, c)
			continue
		}
		s.old.push(cell{minute: minute, counts: c})
		s.sum.add(c)
		if c.Good != 0 || c.Bad != 0 {
			s.event = max(s.event, minute)
		}
	}
}

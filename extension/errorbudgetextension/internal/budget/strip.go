// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// Strip is some minutes of one series in a row, as storage keeps them.
type Strip struct {
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

// Strip takes stored minutes of a series.
func (r *Restorer) Strip(s Strip) {
	key := s.Series.Key
	of := r.ledger.shardOf(key.Service.Name).service(key.Service).find(key.SLI, s.Series.Definition, r.now, s.First)
	of.add(r.now, s.First, Counts{})
	of.add(r.now, s.Last, Counts{})
	for i, c := range s.Counts {
		if !c.IsZero() {
			of.add(r.now, s.From+slo.Minute(i), c)
		}
	}
}

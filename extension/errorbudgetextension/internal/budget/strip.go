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
	r.ledger.increment(r.now, Increment{Series: s.Series, Minute: s.First})
	r.ledger.increment(r.now, Increment{Series: s.Series, Minute: s.Last})
	for i, c := range s.Counts {
		if !c.IsZero() {
			r.ledger.increment(r.now, Increment{Series: s.Series, Minute: s.From + slo.Minute(i), Counts: c})
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/big"
	"math/bits"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Certainty says how many of the events that are known to have been could be judged:
// Coverage is about minutes in which nobody looked, this is about what was missed
// while somebody did.
type Certainty struct {
	Judged, Known uint64
}

// Certainty returns that of the window: of its events, or of its minutes where those
// are judged.
func (t Tally) Certainty() Certainty {
	return Certainty{Judged: t.Counts.Good + t.Counts.Bad, Known: t.Counts.events()}
}

// None tells that events came, and none of them could be judged.
func (c Certainty) None() bool { return c.Judged == 0 && c.Known > 0 }

// share is that of the events that were judged. Where none came, none was missed.
func (c Certainty) share() (judged, known uint64) {
	if c.Known == 0 {
		return 1, 1
	}
	return c.Judged, c.Known
}

// LessThan tells whether fewer of the events could be judged than of others, exactly.
func (c Certainty) LessThan(o Certainty) bool {
	a, ofA := c.share()
	b, ofB := o.share()
	return slo.Ratio{Num: a, Den: ofA}.Cmp(b, ofB) < 0
}

// With returns the share of the events of a time that was judged: of the minutes, and
// of the events in them.
func (c Coverage) With(certainty Certainty) float64 {
	judged, known := certainty.share()
	return c.Share() * float64(judged) / float64(known)
}

// Below tells whether that share is less than a limit, exactly. Where no minute
// elapsed none was missed.
func (c Coverage) Below(limit slo.Ratio, certainty Certainty) bool {
	if limit.Num == 0 {
		return false
	}
	measured, elapsed := c.Measured, c.Elapsed
	if elapsed == 0 {
		measured, elapsed = 1, 1
	}
	judged, known := certainty.share()
	overHave, have := bits.Mul64(measured, judged)
	overFull, full := bits.Mul64(elapsed, known)
	if overHave|overFull == 0 { // nearly always, and without garbage
		return limit.Cmp(have, full) > 0
	}
	return product(measured, judged, limit.Den).Cmp(product(elapsed, known, limit.Num)) < 0
}

// product of more than 64 bits: minutes of writers, events and the denominator of an
// objective together take more than 128 at the worst.
func product(factors ...uint64) *big.Int {
	p := big.NewInt(1)
	for _, f := range factors {
		p.Mul(p, new(big.Int).SetUint64(f))
	}
	return p
}

// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"math/big"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Burn is how fast a budget is being spent.
type Burn struct {
	// Over is the length of the window, of closed minutes.
	Over time.Duration
	// Spend holds what was counted in it.
	Spend budget.Spend
}

// BurnWindows are those that are shown.
var BurnWindows = []time.Duration{time.Hour, 6 * time.Hour}

// Burns returns how fast an objective's budget is being spent, one for each of
// BurnWindows. Of time slices none is known: an hour is too few minutes for a rate
// of bad ones.
func (a *Assessor) Burns(of Assessment, o Objective) []Burn {
	held := make([]budget.Counts, len(BurnWindows))
	if o.Promise.Kind != slo.TimeSlices {
		a.Ledger().Closed(of.Service, o.Indicator.SLI, slo.MinuteOf(of.AsOf), BurnWindows, held)
	}
	out := make([]Burn, len(BurnWindows))
	for i, over := range BurnWindows {
		out[i] = Burn{Over: over, Spend: budget.Spend{Good: held[i].Good, Bad: held[i].Bad, Objective: o.Spend.Objective}}
	}
	return out
}

// Rate returns the share of bad events as a multiple of what the objective
// permits: at 1 the budget is spent just as the window ends. Without events
// there is none.
func (b Burn) Rate() (rate float64, ok bool) {
	if b.Spend.Valid() == 0 {
		return 0, false
	}
	e := b.Spend.Objective.Complement()
	product := func(x, y uint64) *big.Int {
		return new(big.Int).Mul(new(big.Int).SetUint64(x), new(big.Int).SetUint64(y))
	}
	rate, _ = new(big.Rat).SetFrac(product(b.Spend.Bad, e.Den), product(b.Spend.Valid(), e.Num)).Float64()
	return rate, true
}

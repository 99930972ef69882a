// SPDX-License-Identifier: Apache-2.0

package assess

import (
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
// BurnWindows.
func (a *Assessor) Burns(of Assessment, o Objective) []Burn {
	held := make([]budget.Counts, len(BurnWindows))
	a.closed(of, o, BurnWindows, held)
	out := make([]Burn, len(BurnWindows))
	for i, over := range BurnWindows {
		out[i] = Burn{Over: over, Spend: budget.Spend{Good: held[i].Good, Bad: held[i].Bad, Objective: o.Spend.Objective}}
	}
	return out
}

// closed sums what an objective is about, events or judged minutes, over closed
// minutes.
func (a *Assessor) closed(of Assessment, o Objective, lengths []time.Duration, into []budget.Counts) {
	a.Ledger().ClosedSlices(of.Service, o.Indicator.SLI, o.Promise.SliceTarget, slo.MinuteOf(of.AsOf), lengths, into)
}

// Rate returns the share of bad events as a multiple of what the objective
// permits: at 1 the budget is spent just as the window ends. Without events
// there is none.
func (b Burn) Rate() (rate float64, ok bool) { return b.Spend.Multiple() }

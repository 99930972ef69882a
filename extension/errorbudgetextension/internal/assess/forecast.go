// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/burnrate"
)

// Outlooks that no counts tell, beside those of package burnrate.
const (
	// Unmeasured: nobody measures the service now, or its counts cannot be read.
	Unmeasured burnrate.Outlook = "unmeasured"
	// Unanswered: requests are open and none is answered, so what they cost is not
	// known yet.
	Unanswered burnrate.Outlook = "unanswered"
)

// Outlooks lists every outlook, the one first that needs a person first.
func Outlooks() []burnrate.Outlook {
	return []burnrate.Outlook{burnrate.Exhausted, burnrate.Burning, Unanswered, Unmeasured, burnrate.Lasting, burnrate.NotBurning}
}

// ForecastWindow is how much of the past the present rate is taken from: closed
// minutes, as of the burn rate that is shown.
const ForecastWindow = time.Hour

// Forecast says what becomes of a budget at the present rate.
type Forecast struct {
	Outlook burnrate.Outlook
	// Lasts is how long the budget lasts; of burning alone.
	Lasts time.Duration
	// Burn is the present rate.
	Burn Burn
}

// Forecast returns what becomes of the budget of an objective of the assessment.
func (a Assessment) Forecast(o Objective) Forecast {
	f := Forecast{Outlook: Unmeasured, Burn: Burn{Over: ForecastWindow, Spend: budget.Spend{Objective: o.Spend.Objective}}}
	if o.Unread {
		return f
	}
	var recent [1]budget.Counts
	a.by.closed(a, o, []time.Duration{ForecastWindow}, recent[:])
	f.Burn.Spend.Good, f.Burn.Spend.Bad = recent[0].Good, recent[0].Bad
	f.Outlook, f.Lasts = o.Tally.Outlook(o.Spend.Objective, recent[0])
	switch {
	case f.Outlook == burnrate.Exhausted:
	case a.View.Activity == budget.Unmeasured:
		f.Outlook, f.Lasts = Unmeasured, 0
	case a.View.Activity == budget.Down && f.Outlook != burnrate.Burning:
		f.Outlook = Unanswered
	}
	return f
}

// soonest returns which of some forecasts needs a person first, -1 if there is
// none: that of the budget that is exhausted first.
func soonest(all []Forecast) int {
	best := -1
	for i, f := range all {
		if best < 0 || cmp.Or(cmp.Compare(urgencyOf(f.Outlook), urgencyOf(all[best].Outlook)), cmp.Compare(f.Lasts, all[best].Lasts)) < 0 {
			best = i
		}
	}
	return best
}

func urgencyOf(o burnrate.Outlook) int { return slices.Index(Outlooks(), o) }

// forecast words a forecast. The name of the objective is left out where the
// forecast stands beside it.
func (a Assessment) forecast(f Forecast, slo string) *budgetapi.Forecast {
	out := &budgetapi.Forecast{Outlook: string(f.Outlook), SLO: slo, Over: short(f.Burn.Over)}
	if s := f.Burn.Spend; s.Valid() > 0 {
		rate := burnrate.Rate(s.Bad, s.Valid(), s.Objective)
		out.BurnRate = &rate
	}
	switch f.Outlook {
	case burnrate.Exhausted:
		out.ExhaustedIn = new(int64)
	case burnrate.Burning:
		seconds, at := int64(f.Lasts/time.Second), a.AsOf.Add(f.Lasts)
		out.ExhaustedIn, out.ExhaustedAt = &seconds, &at
	}
	return out
}

// Forecasts returns that of each objective, and which of them needs a person
// first, -1 without objectives.
func (a Assessment) Forecasts() (all []Forecast, first int) {
	for _, o := range a.SLOs {
		all = append(all, a.Forecast(o))
	}
	return all, soonest(all)
}

// short words a length of whole hours.
func short(d time.Duration) string { return strconv.Itoa(int(d/time.Hour)) + "h" }

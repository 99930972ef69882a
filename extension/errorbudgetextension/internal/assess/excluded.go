// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"slices"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// affectedAtMost bounds how many objectives are listed of one exclusion, the
// costliest first.
const affectedAtMost = 100

// Affected words what was counted in the minutes of an exclusion for each objective
// of the services that it names, and what the bad would have cost. It reads minutes
// of the past.
func (a *Assessor) Affected(minutes budget.Interval, names func(slo.Service) bool) []budgetapi.Affected {
	all := []budgetapi.Affected{}
	now := slo.MinuteOf(a.Clock())
	if minutes.To = min(minutes.To, now+1); minutes.From >= minutes.To {
		return all
	}
	snapshot := a.Catalogue()
	for _, s := range a.Ledger().Services() {
		if !names(s) {
			continue
		}
		for _, o := range a.assess(snapshot, s, "").SLOs {
			held, known := o.Tally.Between(minutes)
			if !known || held.Good+held.Bad == 0 {
				continue
			}
			// As much of them as the window reaches is excluded from its counts.
			whole := budget.Spend{Good: o.Spend.Good + held.Good, Bad: o.Spend.Bad + held.Bad, Objective: o.Spend.Objective}
			all = append(all, budgetapi.Affected{
				Namespace: s.Namespace, Name: s.Name, Environment: s.Environment, SLO: o.Promise.Name,
				Good: held.Good, Bad: held.Bad, Cost: whole.Cost(held.Bad),
			})
		}
	}
	slices.SortStableFunc(all, func(x, y budgetapi.Affected) int { return cmp.Compare(y.Cost, x.Cost) })
	return all[:min(len(all), affectedAtMost)]
}

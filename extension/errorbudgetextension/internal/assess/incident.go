// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"slices"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Incidents words what spent the budgets of the service, the newest first. It
// reads minutes of the past, so it is for answers about one service.
func (a Assessment) Incidents() []budgetapi.Incident {
	all := []budgetapi.Incident{}
	for _, o := range a.SLOs {
		for _, i := range o.Tally.Incidents(o.Promise.Target) {
			out := budgetapi.Incident{
				SLO: o.Promise.Name, Start: i.From.Time(), Good: i.Counts.Good, Bad: i.Counts.Bad, Cost: o.Spend.Cost(i.Counts.Bad),
			}
			if !i.Ongoing {
				end := i.To.Time()
				out.End = &end
			}
			all = append(all, out)
		}
	}
	slices.SortStableFunc(all, func(x, y budgetapi.Incident) int {
		return cmp.Or(y.Start.Compare(x.Start), cmp.Compare(y.Cost, x.Cost))
	})
	return all
}

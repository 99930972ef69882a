// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"math/big"
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// SpentBy words what spent the budget of an objective, by dimension; nil where that
// was not asked for, and of judged minutes, which have no parts. The bad events of a
// dimension always add up to those of the objective, and the valid ones of versions.
func (a Assessment) SpentBy(o Objective) []budgetapi.SpentBy {
	if a.known == nil || o.Unread || o.Promise.Kind == slo.TimeSlices {
		return nil
	}
	out := []budgetapi.SpentBy{}
	if o.Spend.Valid() == 0 {
		return out
	}
	for _, s := range o.Tally.SpentBy(*a.known) {
		rest := func(c budget.Counts) budgetapi.SpentPart {
			p := budgetapi.SpentPart{Bad: c.Bad, Cost: o.Spend.Cost(c.Bad)}
			if s.Dimension == slo.Version {
				valid := c.Good + c.Bad
				p.Valid = &valid
			}
			return p
		}
		by := budgetapi.SpentBy{Dimension: s.Dimension.String(), Parts: make([]budgetapi.SpentPart, 0, len(s.Parts)), Other: rest(s.Other), Unknown: rest(s.Unknown)}
		for _, part := range s.Parts {
			named := rest(part.Counts)
			named.Name = part.Name
			by.Parts = append(by.Parts, named)
		}
		out = append(out, by)
	}
	return out
}

// Queue words where the time of the service's requests went in the last hours; nil if
// of none is known how long it waited.
func (a *Assessor) Queue(of slo.Service) *budgetapi.Queue {
	if a.Waits == nil {
		return nil
	}
	w, since := a.Waits(of)
	if w.Requests == 0 {
		return nil
	}
	whole := w.Queue.Sum + w.Handler.Sum
	return &budgetapi.Queue{
		Since: since.Time(), Requests: w.Requests, Queue: timeSpent(w.Queue, whole), Handler: timeSpent(w.Handler, whole),
	}
}

func timeSpent(s slo.Spent, whole time.Duration) budgetapi.TimeSpent {
	out := budgetapi.TimeSpent{
		Seconds:  budgetapi.Number(new(big.Rat).SetFrac64(int64(s.Sum), int64(time.Second)).FloatString(9)),
		MedianMS: within(s, slo.Ratio{Num: 5, Den: 10}), P95MS: within(s, slo.Ratio{Num: 95, Den: 100}),
	}
	if whole > 0 {
		out.Share, _ = strconv.ParseFloat(new(big.Rat).SetFrac64(int64(s.Sum), int64(whole)).FloatString(coverageDigits), 64)
	}
	return out
}

func within(s slo.Spent, share slo.Ratio) *int64 {
	edge, ok := s.AtMost(share)
	if !ok {
		return nil
	}
	ms := edge.Milliseconds()
	return &ms
}

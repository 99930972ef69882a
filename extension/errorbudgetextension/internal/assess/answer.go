// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"strconv"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Gate words the assessment as the gate's answer, under a decision's id.
func (a Assessment) Gate(decisionID string) budgetapi.Gate {
	g := budgetapi.Gate{
		Service:        a.Service.Name,
		Namespace:      a.Service.Namespace,
		Environment:    a.Service.Environment,
		State:          string(a.Verdict.State),
		Allow:          a.Verdict.Allow,
		Strategy:       budgetapi.Strategy(a.Verdict.Strategy),
		Reasons:        a.reasons(),
		NextState:      a.next(),
		AsOf:           a.AsOf,
		StaleAfter:     a.StaleAt,
		DurableThrough: a.Durable,
		DecisionID:     decisionID,
	}
	if o := a.Override; o != nil {
		g.Override = &budgetapi.Override{ID: o.ID, Actor: o.Actor, Reason: o.Reason, Ticket: o.Ticket, Allow: o.Allow, Until: o.Until}
	}
	if worst := a.Worst(); worst != nil {
		g.Budget = &budgetapi.Budget{
			Remaining:       worst.Spend.Remaining(),
			SLO:             worst.Promise.Name,
			Window:          worst.Promise.Window.String(),
			Coverage:        rounded(worst.Tally.Coverage.With(worst.Tally.Certainty())),
			UncertainEvents: worst.Tally.Counts.Uncertain,
		}
	}
	if all, first := a.Forecasts(); first >= 0 {
		g.Forecast = a.forecast(all[first], a.SLOs[first].Promise.Name)
	}
	return g
}

// Budget words the assessment as an entry of /v1/budgets.
func (a Assessment) Budget() budgetapi.ServiceBudget {
	b := budgetapi.ServiceBudget{
		Namespace:      a.Service.Namespace,
		Name:           a.Service.Name,
		Environment:    a.Service.Environment,
		Tier:           a.Entry.Tier,
		Team:           a.Entry.Team,
		Listed:         a.Entry.Listed,
		State:          string(a.Verdict.State),
		Allow:          a.Verdict.Allow,
		Reasons:        a.reasons(),
		Activity:       string(a.View.Activity),
		Coverage:       rounded(a.Coverage()),
		OpenRequests:   a.View.Open,
		NextState:      a.next(),
		SLOs:           make([]budgetapi.SLO, 0, len(a.SLOs)),
		AsOf:           a.AsOf,
		DurableThrough: a.Durable,
	}
	if worst := a.Worst(); worst != nil {
		remaining := worst.Spend.Remaining()
		b.Remaining = &remaining
	}
	forecasts, first := a.Forecasts()
	if first >= 0 {
		b.Forecast = a.forecast(forecasts[first], a.SLOs[first].Promise.Name)
	}
	for i, o := range a.SLOs {
		s := a.slo(o, string(a.Verdict.States[i]))
		s.Forecast = a.forecast(forecasts[i], "")
		b.SLOs = append(b.SLOs, s)
	}
	return b
}

func (a Assessment) slo(o Objective, state string) budgetapi.SLO {
	s := budgetapi.SLO{
		Name:             o.Promise.Name,
		Indicator:        o.Promise.Indicator,
		Kind:             string(o.Promise.Kind),
		Objective:        budgetapi.Number(o.Spend.Objective.String()),
		ThresholdMS:      o.Threshold.Milliseconds(),
		Window:           o.Promise.Window.String(),
		Definition:       string(o.Indicator.Definition),
		Good:             o.Spend.Good,
		Bad:              o.Spend.Bad,
		Valid:            o.Spend.Valid(),
		Uncertain:        o.Tally.Counts.Uncertain,
		Excluded:         o.Tally.Excluded.Good + o.Tally.Excluded.Bad,
		Remaining:        o.Spend.Remaining(),
		State:            state,
		OlderDefinitions: make([]budgetapi.OlderDefinition, 0, len(o.Indicator.Older)),
	}
	if slo.CanBeFelt(o.Promise.Indicator) {
		s.Latency = map[bool]string{true: "felt", false: "handler"}[o.Promise.Felt]
	}
	for _, old := range o.Indicator.Older {
		s.OlderDefinitions = append(s.OlderDefinitions, budgetapi.OlderDefinition{
			Definition: string(old.Definition),
			Good:       old.Counts.Good,
			Bad:        old.Counts.Bad,
			Valid:      old.Counts.Good + old.Counts.Bad,
			LastMinute: old.Last.Time(),
		})
	}
	return s
}

func (a Assessment) reasons() []budgetapi.Reason {
	reasons := make([]budgetapi.Reason, 0, len(a.Verdict.Reasons))
	for _, r := range a.Verdict.Reasons {
		reasons = append(reasons, budgetapi.Reason{Code: string(r.Code), SLO: r.SLO, Value: r.Value, Limit: r.Limit})
	}
	return reasons
}

func (a Assessment) next() *budgetapi.Next {
	if a.Verdict.Next == nil {
		return nil
	}
	return &budgetapi.Next{State: string(a.Verdict.Next.State), Earliest: a.Verdict.Next.Earliest}
}

// Coverage is the measured share of the longest window's minutes, less the events
// that were missed in them, of the objective that missed most.
func (a Assessment) Coverage() float64 {
	var least budget.Certainty
	for _, o := range a.SLOs {
		if c := o.Tally.Certainty(); c.LessThan(least) {
			least = c
		}
	}
	return a.View.Coverage.With(least)
}

// coverageDigits is how finely coverage is shown: a minute of 90 days is seven
// millionths.
const coverageDigits = 6

func rounded(share float64) float64 {
	f, err := strconv.ParseFloat(strconv.FormatFloat(share, 'f', coverageDigits, 64), 64)
	if err != nil {
		return 0
	}
	return f
}

// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
)

// The sloth profile: the series, labels and groups that dashboards made for Sloth
// read (https://sloth.dev/introduction/architecture/). One SLO is one indicator
// of one service. Unlike there, the ratio over the whole period comes from the
// counts, not from an average of ratios.

func slothGroups(p *plan) []Group {
	groups := []Group{{
		Name:  "sloth-slo-presence-" + p.id,
		Rules: p.presence("SLO_"+p.id+"_Unresponsive", map[string]string{"sloth_severity": "page", "severity": "critical"}),
	}}
	for _, o := range p.objectives {
		groups = append(groups, p.slothSLO(o)...)
	}
	return groups
}

func (p *plan) slothSLO(o objective) []Group {
	id := p.id + "-" + o.name
	identity := map[string]string{"sloth_id": id, "sloth_service": p.entry.Service.Name, "sloth_slo": o.name}
	read := "{" + equal("sloth_id", id) + "}"
	constant := func(series, value string) Rule {
		return Rule{Record: series, Expr: "vector(" + value + ")", Labels: identity}
	}
	var current []Rule
	for _, w := range o.windows() {
		current = append(current, p.slothRatio(o, w, identity))
	}
	current = append(current,
		constant("slo:objective:ratio", o.target.String()),
		constant("slo:error_budget:ratio", o.budget()),
		constant("slo:time_period:days", decimalDays(o.period)),
		Rule{Record: "slo:current_burn_rate:ratio", Expr: slothSeries(o.windows()[0]) + read + " / " + o.budget(), Labels: identity},
		Rule{Record: "sloth_slo_info", Expr: "vector(1)", Labels: merged(identity, map[string]string{
			"sloth_mode": "sloe", "sloth_spec": "sloe/catalogue", "sloth_objective": percentOf(o.target),
		})},
	)
	for _, pair := range o.pairs {
		current = append(current, p.slothAlert(o, pair, read))
	}
	period := []Rule{
		p.slothRatio(o, o.period, identity),
		{Record: "slo:period_burn_rate:ratio", Expr: slothSeries(o.period) + read + " / " + o.budget(), Labels: identity},
		{Record: "slo:period_error_budget_remaining:ratio", Expr: "1 - slo:period_burn_rate:ratio" + read, Labels: identity},
	}
	if o.calendar {
		return []Group{{Name: "sloth-slo-" + id, Rules: current}}
	}
	return []Group{{Name: "sloth-slo-" + id, Rules: current}, {Name: "sloth-slo-period-" + id, Interval: budgetInterval, Rules: period}}
}

func slothSeries(window time.Duration) string { return "slo:sli_error:ratio_rate" + span(window) }

func (p *plan) slothRatio(o objective, window time.Duration, identity map[string]string) Rule {
	return Rule{
		Record: slothSeries(window), Expr: p.source.counts(p.region, o, span(window)).badRatio(),
		Labels: merged(identity, map[string]string{"sloth_window": span(window)}),
	}
}

func (p *plan) slothAlert(o objective, pair burnrate.Pair, read string) Rule {
	bound := " > " + decimal(pair.BadShare(o.target))
	above := func(w time.Duration) string {
		return "max without (sloth_window) (" + slothSeries(w) + read + bound + ")"
	}
	severity := "ticket"
	if burnrate.Pages(pair.Severity) {
		severity = "page"
	}
	return Rule{
		Alert: "SLO_" + p.id + "_" + o.name + "_BurnRate", Expr: both(above(pair.Long), above(pair.Short)), For: pair.For,
		Labels:      p.burnLabels(pair, o, map[string]string{"sloth_severity": severity, "severity": classicSeverity(pair)}),
		Annotations: p.annotations(o.annotations, p.burnSummary(pair, o.name)+": {{ $value | humanizePercentage }} of the events were bad"),
	}
}

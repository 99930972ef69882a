// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// idleSeries is 1 while a service has data and no traffic, 0 while it has
// traffic, and absent without data.
const idleSeries = "sli:idle"

// presence returns the rules that tell an idle service from one of which nothing
// is known, and the alert on the latter.
func (p *plan) presence(alert string, labels map[string]string) []Rule {
	expr := "absent(" + p.region.series(idleSeries) + ")"
	if p.SilentAfter > 0 {
		// A service that is younger was not silent for so long.
		wait := span(p.SilentAfter)
		expr += " or " + p.region.each(idleSeries, "(min_over_time(%["+wait+"]) == 1 and % offset "+wait+")")
	}
	rules := []Rule{{Record: idleSeries, Expr: idle(p.source.traffic(p.region, "5m")), Labels: p.identity()}}
	if slices.Contains(p.entry.AlertsOff, slo.AlertUnresponsive) {
		return rules
	}
	return append(rules, Rule{
		Alert: alert, Expr: expr, For: p.UnresponsiveAfter, Labels: p.labels(p.entry.Labels, labels),
		Annotations: p.annotations(p.entry.Annotations,
			literal(p.entry.Service.String())+" is unresponsive: no data, or no traffic for longer than allowed"),
	})
}

func idle(traffic []string) string {
	if len(traffic) == 1 {
		return traffic[0] + " == bool 0"
	}
	var some, none []string
	for _, t := range traffic {
		some, none = append(some, t+" > 0"), append(none, "("+t+" == bool 0)")
	}
	return "0 * (" + strings.Join(some, " or ") + ") or " + strings.Join(none, " or ")
}

// identity returns labels that the counts of the service have anyway. Rules of two
// services that record the same series differ by them, as promtool asks for.
func (p *plan) identity() map[string]string {
	l := map[string]string{labelName: p.entry.Service.Name}
	if p.entry.Service.Namespace != "" {
		l[labelNamespace] = p.entry.Service.Namespace
	}
	if p.entry.Service.Environment != "" {
		l[labelEnvironment] = p.entry.Service.Environment
	}
	return l
}

// labels returns those of every alert of the service, over those that the
// catalogue gives.
func (p *plan) labels(own, more map[string]string) map[string]string {
	l := map[string]string{}
	for name, value := range own {
		l[name] = literal(value)
	}
	l["service"], l["tier"] = literal(p.entry.Service.Name), literal(p.entry.Tier)
	if p.entry.Team != "" {
		l["team"] = literal(p.entry.Team)
	}
	maps.Copy(l, more)
	return l
}

// burnLabels are those of an alert on a pair of windows.
func (p *plan) burnLabels(pair burnrate.Pair, o objective, more map[string]string) map[string]string {
	return p.labels(o.labels, merged(map[string]string{
		"burn_rate": burnrate.FactorText(pair.Factor), "long_window": span(pair.Long), "short_window": span(pair.Short),
	}, more))
}

// DefaultRunbook says what to do when an alert fires.
const DefaultRunbook = "https://github.com/sloe-dev/sloe/blob/main/docs/rules.md#when-an-alert-fires"

// annotations returns those of an alert. The catalogue may word them otherwise.
func (p *plan) annotations(own map[string]string, summary string) map[string]string {
	runbook := DefaultRunbook
	if p.Runbook != "" {
		runbook = strings.ReplaceAll(p.Runbook, "{service}", p.entry.Service.Name)
	}
	a := map[string]string{"summary": summary, "runbook": literal(runbook)}
	for name, value := range own {
		a[name] = literal(value)
	}
	return a
}

// burnSummary reads well in a page: what burns, how fast, for how long.
func (p *plan) burnSummary(pair burnrate.Pair, indicator string) string {
	return literal(p.entry.Service.String()) + " burns the error budget of " + indicator + " more than " + decimal(pair.Factor) +
		" times as fast as it lasts, over " + span(pair.Long) + " and over " + span(pair.Short)
}

// literal keeps a name from the catalogue from being taken for a template.
func literal(text string) string { return strings.ReplaceAll(text, "{{", `{{ "{{" }}`) }

// budgetInterval is how often what is left of a budget is computed: it reads the
// whole window, and changes slowly.
const budgetInterval = 5 * time.Minute

// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"maps"
	"math/big"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// The pyrra profile: the series that Pyrra records (<metric>:burnrate<window>)
// and those that its dashboards for Grafana read (pyrra_objective, pyrra_window,
// pyrra_availability, pyrra_requests:rate5m, pyrra_errors:rate5m), by the label
// slo. One SLO is one indicator of one service.

func pyrraGroups(p *plan) []Group {
	groups := []Group{{
		Name:  p.id + "-presence",
		Rules: p.presence("SLOMetricAbsent", map[string]string{"severity": "critical"}),
	}}
	for _, o := range p.objectives {
		groups = append(groups, p.pyrraSLO(o)...)
	}
	return groups
}

func (p *plan) pyrraSLO(o objective) []Group {
	name := p.id + "-" + o.name
	identity := map[string]string{"slo": name}
	metric := p.source.metric(o.indicator)
	read := "{" + equal("slo", name) + "}"
	var burn []Rule
	for _, w := range o.windows() {
		burn = append(burn, Rule{Record: metric + ":burnrate" + span(w), Expr: p.source.counts(p.region, o, span(w)).badRatio(), Labels: identity})
	}
	for _, pair := range o.pairs {
		burn = append(burn, p.pyrraAlert(o, pair, metric, name, read))
	}
	now := p.source.counts(p.region, o, "5m")
	bad := now.bad
	if bad == "" {
		bad = now.valid + " - " + now.good
	}
	generic := []Rule{
		{Record: "pyrra_objective", Expr: "vector(" + o.target.String() + ")", Labels: identity},
		{Record: "pyrra_window", Expr: "vector(" + seconds(o.period) + ")", Labels: identity},
		{Record: "pyrra_requests:rate5m", Expr: now.valid, Labels: identity},
		{Record: "pyrra_errors:rate5m", Expr: bad + " or 0 * " + now.valid, Labels: identity},
	}
	groups := []Group{{Name: name, Rules: burn}, {Name: name + "-generic", Rules: generic}}
	if o.calendar {
		return groups
	}
	whole := p.source.counts(p.region, o, span(o.period))
	period := []Rule{
		{Record: metric + ":increase" + span(o.period), Expr: increase(whole.valid), Labels: identity},
		{Record: "pyrra_availability", Expr: whole.goodRatio(), Labels: identity},
	}
	return append(groups, Group{Name: name + "-increase", Interval: budgetInterval, Rules: period})
}

func (p *plan) pyrraAlert(o objective, pair burnrate.Pair, metric, name, read string) Rule {
	bound := " > " + decimal(pair.BadShare(o.target))
	above := func(w time.Duration) string { return metric + ":burnrate" + span(w) + read + bound }
	return Rule{
		Alert: "ErrorBudgetBurn", Expr: both(above(pair.Long), above(pair.Short)), For: pair.For,
		Labels: p.burnLabels(pair, o, map[string]string{
			"slo": name, "severity": classicSeverity(pair), "long": span(pair.Long), "short": span(pair.Short),
			"exhaustion": exhaustion(o.period, pair.Factor),
		}),
		Annotations: p.annotations(o.annotations, p.burnSummary(pair, o.name)+": {{ $value | humanizePercentage }} of the events were bad"),
	}
}

// increase turns rates into what was counted.
func increase(rates string) string { return strings.ReplaceAll(rates, "rate(", "increase(") }

// exhaustion is how long a whole budget lasts at a burn, to the minute.
func exhaustion(period time.Duration, factor *big.Rat) string {
	minutes, _ := new(big.Rat).Quo(big.NewRat(int64(period/time.Minute), 1), factor).Float64()
	return span(time.Duration(minutes) * time.Minute)
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func decimalDays(d time.Duration) string { return decimal(big.NewRat(int64(d), int64(24*time.Hour))) }

func percentOf(r slo.Ratio) string { return decimal(new(big.Rat).Mul(ratOf(r), big.NewRat(100, 1))) }

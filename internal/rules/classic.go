// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
)

// The classic profile: series sli:<indicator>:ratio_rate<window>, the share of
// good events, by service_name; alerts SLO_<service>_BurnRate_Critical and
// _Warning, each over all indicators of the service.

func classicGroups(p *plan) []Group {
	name := "slo-" + p.id
	rules := p.presence("SLO_"+p.id+"_Unresponsive", map[string]string{"severity": "critical"})
	var groups []Group
	flush := func() {
		groups = append(groups, Group{Name: numbered(name, len(groups)+1), Rules: rules})
		rules = nil
	}
	for _, chunk := range chunks(p.objectives, len(rules)) {
		for _, o := range chunk {
			for _, w := range o.windows() {
				rules = append(rules, Rule{
					Record: ratioSeries(o.series, w), Expr: p.source.counts(p.region, o, span(w)).goodRatio(),
					Labels: merged(p.identity(), map[string]string{"sli_name": o.name}),
				})
			}
		}
		for i := range chunk[0].burn.Pairs {
			if alert, some := p.classicAlert(chunk[0].burn.Pairs[i], chunk); some {
				if len(groups) > 0 {
					alert.Labels["part"] = strconv.Itoa(len(groups) + 1) // no two alerts are alike
				}
				rules = append(rules, alert)
			}
		}
		flush()
	}
	if rules != nil {
		flush()
	}
	return append(groups, p.classicBudgets(name+"-budget")...)
}

// chunks splits objectives so that each fits into a group with its alerts. The
// first has room for some other rules. All of a chunk may share an alert.
func chunks(all []objective, others int) [][]objective {
	var out [][]objective
	room := 0
	for _, o := range all {
		need := len(o.windows())
		same := len(out) > 0 && alike(out[len(out)-1][0], o)
		if !same || room < need {
			out = append(out, nil)
			room = maxGroup - len(o.burn.Pairs)
			if len(out) == 1 {
				room -= others
			}
		}
		room -= need
		out[len(out)-1] = append(out[len(out)-1], o)
	}
	return out
}

// alike tells whether two objectives have the same windows and the same texts.
func alike(a, b objective) bool {
	return a.burn.Name == b.burn.Name && maps.Equal(a.labels, b.labels) && maps.Equal(a.annotations, b.annotations)
}

func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n)
}

func ratioSeries(series string, window time.Duration) string {
	return "sli:" + series + ":ratio_rate" + span(window)
}

// classicAlert watches one pair of windows for several objectives. A ratio below
// 1 - factor * budget is a burn above the factor.
func (p *plan) classicAlert(pair burnrate.Pair, objectives []objective) (Rule, bool) {
	var any []string
	for _, o := range objectives {
		if !o.watches(pair) {
			continue
		}
		bound := " < " + decimal(complement(pair.BadShare(o.target)))
		below := func(w time.Duration) string {
			return p.region.each(ratioSeries(o.series, w), "%"+bound, equal("sli_name", o.name))
		}
		any = append(any, both(below(pair.Long), below(pair.Short)))
	}
	return Rule{
		Alert: p.classicName(pair), Expr: strings.Join(any, "\nor\n"), For: pair.For,
		Labels:      p.burnLabels(pair, objectives[0], map[string]string{"severity": classicSeverity(pair)}),
		Annotations: p.annotations(objectives[0].annotations, p.burnSummary(pair, "{{ $labels.sli_name }}")+": {{ $value | humanizePercentage }} of the events were good"),
	}, len(any) > 0
}

func (p *plan) classicName(pair burnrate.Pair) string {
	if burnrate.Pages(pair.Severity) {
		return "SLO_" + p.id + "_BurnRate_Critical"
	}
	return "SLO_" + p.id + "_BurnRate_Warning"
}

func classicSeverity(pair burnrate.Pair) string {
	if burnrate.Pages(pair.Severity) {
		return "critical"
	}
	return "warning"
}

// both joins the conditions on a pair of windows. The labels of both are equal.
func both(long, short string) string { return "((" + long + ") and (" + short + "))" }

func (p *plan) classicBudgets(name string) []Group {
	var rules []Rule
	for _, o := range p.objectives {
		if o.calendar {
			continue
		}
		bad := p.source.counts(p.region, o, span(o.period)).badRatio()
		rules = append(rules, Rule{
			Record: "sli:" + o.series + ":budget_remaining", Expr: "1 - (" + bad + ") / " + o.budget(),
			Labels: merged(p.identity(), map[string]string{"sli_name": o.name, "window": span(o.period)}),
		})
	}
	var groups []Group
	for len(rules) > 0 {
		n := min(len(rules), maxGroup)
		groups = append(groups, Group{Name: numbered(name, len(groups)+1), Interval: budgetInterval, Rules: rules[:n]})
		rules = rules[n:]
	}
	return groups
}

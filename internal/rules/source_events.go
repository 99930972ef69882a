// SPDX-License-Identifier: Apache-2.0

package rules

import "github.com/sloe-dev/sloe/internal/slo"

// events reads sli_events_total, on which the sli connector has decided already.
type events struct{}

const eventsMetric = "sli_events_total"

func (events) lacks(slo.Objective) string { return "" }

func (events) metric(string) string { return "sli_events" }

func (events) counts(r region, o objective, window string) counts {
	name := equal("sli_name", o.series)
	outcome := func(outcome string) string {
		return sum(rates(r, eventsMetric, window, []string{name, equal("sli_outcome", outcome)}))
	}
	valid := sum(rates(r, eventsMetric, window, []string{name}))
	return counts{good: outcome("good"), bad: outcome("bad"), valid: valid, zero: "0 * " + valid}
}

func (events) traffic(r region, window string) []string {
	return []string{sum(rates(r, eventsMetric, window))}
}

func (events) inputs(s testService, o objective) []input {
	series := func(outcome string) string {
		return s.series(eventsMetric, equal("sli_name", o.series), equal("sli_outcome", outcome))
	}
	return []input{{series: series("good"), good: 1}, {series: series("bad"), bad: 1}}
}

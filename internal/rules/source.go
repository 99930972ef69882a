// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// source writes the counts of an indicator in PromQL.
type source interface {
	// lacks tells why the events of an objective cannot be had from the source, or
	// "".
	lacks(o slo.Objective) string
	// counts of an objective over a window, such as 5m.
	counts(r region, o objective, window string) counts
	// traffic returns the rates of all events of a service, one expression a
	// metric.
	traffic(r region, window string) []string
	// metric is the name that series recorded from the indicator are called after.
	metric(indicator string) string
	// inputs are series for a unit test.
	inputs(s testService, o objective) []input
}

// counts are expressions of rates of one objective.
type counts struct {
	good, valid string
	// bad is empty where only good and valid events are counted.
	bad string
	// zero is 0 wherever good events could have been counted.
	zero string
}

// goodRatio is the share of good events: 1 without traffic, 0 if all are bad, and
// nothing without data.
func (c counts) goodRatio() string {
	return "(" + c.good + " or " + c.zero + ") / (" + c.valid + " > 0) or (" + c.valid + " == bool 0) == 1"
}

// badRatio is the share of bad events: 0 without traffic, 1 if all are bad, and
// nothing without data.
func (c counts) badRatio() string {
	if c.bad == "" {
		return "1 - (" + c.good + " or " + c.zero + ") / (" + c.valid + " > 0) or " + c.valid + " == 0"
	}
	return "(" + c.bad + " or 0 * " + c.valid + ") / (" + c.valid + " > 0) or " + c.valid + " == 0"
}

// serviceLabels are what counts are summed by: a service of the same name in
// another environment has a budget of its own. A label that the data do not have
// leaves none.
var serviceLabels = []string{labelName, labelNamespace, labelEnvironment}

// sum adds the rates of every selector of a region.
func sum(rates string, by ...string) string {
	return "sum by (" + strings.Join(append(serviceLabels[:len(serviceLabels):len(serviceLabels)], by...), ", ") + ") (" + rates + ")"
}

// rates of a metric throughout a region, for each of several lists of matchers.
// An event that two lists match is counted once.
func rates(r region, metric, window string, alternatives ...[]string) string {
	if len(alternatives) == 0 {
		alternatives = [][]string{nil}
	}
	var parts []string
	for _, matchers := range alternatives {
		parts = append(parts, r.each(metric, "rate(%["+window+"])", matchers...))
	}
	return strings.Join(parts, " or ")
}

// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
)

// Sloth's series that its dashboards read, by Sloth's names and labels. Those
// that are ratios of a window are there for the windows that are shown.
// Source: https://sloth.dev/usage/introspection/
var (
	slothLabels    = []string{"sloth_id", "sloth_service", "sloth_slo"}
	slothInfo      = describe("sloth_slo_info", "The objective.", slothLabels, "sloth_mode", "sloth_objective", "sloth_spec", "sloth_version")
	slothObjectiv  = describe("slo:objective:ratio", "Target share of good events.", slothLabels)
	slothBudget    = describe("slo:error_budget:ratio", "Share of events that may be bad.", slothLabels)
	slothPeriod    = describe("slo:time_period:days", "Length of the window in days.", slothLabels)
	slothCurrent   = describe("slo:current_burn_rate:ratio", "Burn rate of the shortest window that is shown, one hour.", slothLabels)
	slothSpent     = describe("slo:period_burn_rate:ratio", "Burn rate of the whole window.", slothLabels)
	slothRemaining = describe("slo:period_error_budget_remaining:ratio", "Share of the budget that is left.", slothLabels)
	slothRatios    = map[time.Duration]*prometheus.Desc{
		time.Hour:     describe("slo:sli_error:ratio_rate1h", "Share of bad events in the last hour.", slothLabels, "sloth_window"),
		6 * time.Hour: describe("slo:sli_error:ratio_rate6h", "Share of bad events in the last six hours.", slothLabels, "sloth_window"),
	}
)

func slothDescriptions() []*prometheus.Desc {
	out := []*prometheus.Desc{slothInfo, slothObjectiv, slothBudget, slothPeriod, slothCurrent, slothSpent, slothRemaining}
	for _, over := range assess.BurnWindows {
		out = append(out, slothRatios[over])
	}
	return out
}

// slothObjective shows one objective as Sloth does.
func slothObjective(emit emitter, assessor *assess.Assessor, a assess.Assessment, o assess.Objective) {
	name := a.Service.String()
	id := func(more ...string) []string {
		return append([]string{name + "-" + o.Promise.Name, name, o.Promise.Name}, more...)
	}
	e := o.Spend.Objective.Complement()
	emit(slothInfo, 1, id("sloe", percent(o.Spend), "sloe/v1", "sloe")...)
	emit(slothObjectiv, share(o.Spend.Objective), id()...)
	emit(slothBudget, share(e), id()...)
	emit(slothPeriod, float64(o.Promise.Window.Longest()/(24*time.Hour)), id()...)
	emit(slothSpent, 1-o.Spend.Remaining(), id()...)
	emit(slothRemaining, o.Spend.Remaining(), id()...)
	for _, b := range assessor.Burns(a, o) {
		rate, ok := b.Rate()
		if !ok {
			continue
		}
		if b.Over == time.Hour {
			emit(slothCurrent, rate, id()...)
		}
		emit(slothRatios[b.Over], float64(b.Spend.Bad)/float64(b.Spend.Valid()), id(short(b.Over))...)
	}
}

// percent shows an objective as Sloth writes it, such as 99.95.
func percent(s budget.Spend) string {
	r := s.Objective
	return strconv.FormatFloat(float64(r.Num)*100/float64(r.Den), 'f', -1, 64)
}

func itoa(d, unit time.Duration) string { return strconv.FormatInt(int64(d/unit), 10) }

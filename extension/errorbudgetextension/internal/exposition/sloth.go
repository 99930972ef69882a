// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
)

func slothLabels(service, slo string) []byte {
	labels := appendLabel(nil, "sloth_id", service+"-"+slo)
	return appendLabel(appendLabel(labels, "sloth_service", service), "sloth_slo", slo)
}

func ofSloth(name, help string, value func(*objectiveRow) (v float64, known bool)) family {
	return ofLabelled(name, help, func(o *objectiveRow) []byte { return o.sloth }, value)
}

// slothFamilies are Sloth's series that its dashboards read, by Sloth's names and
// labels. Those that are ratios of a window are there for the windows that are
// shown.
// Source: https://sloth.dev/usage/introspection/
func slothFamilies() []family {
	return []family{
		ofSloth("slo:current_burn_rate:ratio", "Burn rate of the shortest window that is shown, one hour.",
			func(o *objectiveRow) (float64, bool) { return o.burns[0].Rate() }),
		ofSloth("slo:error_budget:ratio", "Share of events that may be bad.",
			func(o *objectiveRow) (float64, bool) { return known(share(o.Spend.Objective.Complement())) }),
		ofSloth("slo:objective:ratio", "Target share of good events.",
			func(o *objectiveRow) (float64, bool) { return known(share(o.Spend.Objective)) }),
		ofSloth("slo:period_burn_rate:ratio", "Burn rate of the whole window.",
			func(o *objectiveRow) (float64, bool) { return known(1 - o.Spend.Remaining()) }),
		ofSloth("slo:period_error_budget_remaining:ratio", "Share of the budget that is left.",
			func(o *objectiveRow) (float64, bool) { return known(o.Spend.Remaining()) }),
		slothRatio("slo:sli_error:ratio_rate1h", "Share of bad events in the last hour.", time.Hour),
		slothRatio("slo:sli_error:ratio_rate6h", "Share of bad events in the last six hours.", 6*time.Hour),
		ofSloth("slo:time_period:days", "Length of the window in days.",
			func(o *objectiveRow) (float64, bool) {
				return known(float64(o.Promise.Window.Longest() / (24 * time.Hour)))
			}),
		{
			name: "sloth_slo_info",
			help: "The objective.",
			objective: func(t *text, name string, o *objectiveRow) {
				t.sample(name, o.sloth, `,sloth_mode="sloe",sloth_objective="`+percent(o.Spend)+`",sloth_spec="sloe/v1",sloth_version="sloe"`, 1)
			},
		},
	}
}

// slothRatio is the share of bad events in one of assess.BurnWindows.
func slothRatio(name, help string, over time.Duration) family {
	return family{name: name, help: help, objective: func(t *text, name string, o *objectiveRow) {
		for _, b := range o.burns {
			if b.Over == over && b.Spend.Valid() > 0 {
				t.sample(name, o.sloth, `,sloth_window="`+short(over)+`"`, errorRatio(b))
			}
		}
	}}
}

func errorRatio(b assess.Burn) float64 { return float64(b.Spend.Bad) / float64(b.Spend.Valid()) }

// percent shows an objective as Sloth writes it, such as 99.95.
func percent(s budget.Spend) string {
	r := s.Objective
	return strconv.FormatFloat(float64(r.Num)*100/float64(r.Den), 'f', -1, 64)
}

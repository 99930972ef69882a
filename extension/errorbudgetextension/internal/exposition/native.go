// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"math"
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// native are the metrics that are always shown. Labels are the attributes of the
// semantic conventions, as Prometheus spells them. docs/api says the same; a test
// compares the two.
func native() []family {
	return []family{
		{
			name: "sloe_budget_burn_rate",
			help: "Share of bad events in the closed minutes of the window, as a multiple of what the objective permits. Absent without events.",
			objective: func(t *text, name string, o *objectiveRow) {
				for _, b := range o.burns {
					if rate, ok := b.Rate(); ok {
						t.sample(name, o.labels, windowLabel(b.Over), rate)
					}
				}
			},
		},
		ofObjective("sloe_budget_exhaustion_seconds",
			"Seconds until nothing of the budget is left, at the rate of the last hour: 0 if nothing is, +Inf if it does not burn or the window is over before. Absent while the rate is not known.",
			func(o *objectiveRow) (float64, bool) { return exhaustedIn(o.forecast) }),
		ofObjective("sloe_budget_remaining_ratio", "Share of the error budget that is left in the window; negative when more was spent than there was.",
			func(o *objectiveRow) (float64, bool) { return known(o.Spend.Remaining()) }),
		{
			name: "sloe_durable_through_timestamp_seconds",
			help: "All that was counted before is on disk, and in these metrics.",
			one:  func(a *assess.Assessor) float64 { return seconds(a.Ledger().DurableThrough()) },
		},
		ofService("sloe_service_coverage_ratio", "Share of the window's minutes that was measured.",
			func(s *serviceRow) float64 { return s.Coverage() }),
		ofService("sloe_service_open_requests", "Requests that are unanswered for long.",
			func(s *serviceRow) float64 { return float64(s.View.Open) }),
		ofService("sloe_service_release_allowed", "1 if the service may be released, in full or as a canary.",
			func(s *serviceRow) float64 { return truth(s.Verdict.Allow) }),
		{
			name: "sloe_service_state",
			help: "1 for the state that the service is in, 0 for the others.",
			service: func(t *text, name string, s *serviceRow) {
				for _, state := range policy.States() {
					t.sample(name, s.labels, `,state="`+string(state)+`"`, truth(s.Verdict.State == state))
				}
			},
		},
		ofObjective("sloe_slo_bad_events", "Bad events in the objective's window.",
			func(o *objectiveRow) (float64, bool) { return known(float64(o.Spend.Bad)) }),
		ofObjective("sloe_slo_good_events", "Good events in the objective's window.",
			func(o *objectiveRow) (float64, bool) { return known(float64(o.Spend.Good)) }),
		ofObjective("sloe_slo_objective_ratio", "Target share of good events.",
			func(o *objectiveRow) (float64, bool) { return known(share(o.Spend.Objective)) }),
		ofObjective("sloe_slo_window_seconds", "Length of the objective's window.",
			func(o *objectiveRow) (float64, bool) { return known(o.Promise.Window.Longest().Seconds()) }),
	}
}

// exhaustedIn is in seconds, and not known while the present rate is not.
func exhaustedIn(f assess.Forecast) (float64, bool) {
	switch f.Outlook {
	case burnrate.Exhausted, burnrate.Burning:
		return f.Lasts.Seconds(), true
	case burnrate.Lasting, burnrate.NotBurning:
		return math.Inf(1), true
	}
	return 0, false
}

// share shows a ratio as a number.
func share(r slo.Ratio) float64 { return float64(r.Num) / float64(r.Den) }

func windowLabel(over time.Duration) string { return `,window="` + short(over) + `"` }

// short words a length as people name windows: 5m, 1h, 3d.
func short(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return itoa(d, 24*time.Hour) + "d"
	case d%time.Hour == 0:
		return itoa(d, time.Hour) + "h"
	}
	return itoa(d, time.Minute) + "m"
}

func itoa(d, unit time.Duration) string { return strconv.FormatInt(int64(d/unit), 10) }

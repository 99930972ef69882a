// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Labels are the attributes of the semantic conventions, as Prometheus spells
// them.
var (
	serviceLabels   = []string{"service_namespace", "service_name", "deployment_environment_name"}
	objectiveLabels = append(append([]string{}, serviceLabels...), "sli_name", "slo")
)

func describe(name, help string, labels []string, more ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append(append([]string{}, labels...), more...), nil)
}

// What is shown. docs/api says the same; a test compares the two.
var (
	remaining = describe("sloe_budget_remaining_ratio",
		"Share of the error budget that is left in the window; negative when more was spent than there was.", objectiveLabels)
	burnRate = describe("sloe_budget_burn_rate",
		"Share of bad events in the closed minutes of the window, as a multiple of what the objective permits. Absent without events.", objectiveLabels, "window")
	exhaustion = describe("sloe_budget_exhaustion_seconds",
		"Seconds until nothing of the budget is left, at the rate of the last hour: 0 if nothing is, +Inf if it does not burn or the window is over before. Absent while the rate is not known.",
		objectiveLabels)
	goodEvents     = describe("sloe_slo_good_events", "Good events in the objective's window.", objectiveLabels)
	badEvents      = describe("sloe_slo_bad_events", "Bad events in the objective's window.", objectiveLabels)
	target         = describe("sloe_slo_objective_ratio", "Target share of good events.", objectiveLabels)
	windowSeconds  = describe("sloe_slo_window_seconds", "Length of the objective's window.", objectiveLabels)
	state          = describe("sloe_service_state", "1 for the state that the service is in, 0 for the others.", serviceLabels, "state")
	allowed        = describe("sloe_service_release_allowed", "1 if the service may be released, in full or as a canary.", serviceLabels)
	coverage       = describe("sloe_service_coverage_ratio", "Share of the window's minutes that was measured.", serviceLabels)
	openRequests   = describe("sloe_service_open_requests", "Requests that are unanswered for long.", serviceLabels)
	durableThrough = describe("sloe_durable_through_timestamp_seconds", "All that was counted before is on disk, and in these metrics.", nil)
)

func descriptions() []*prometheus.Desc {
	return []*prometheus.Desc{
		remaining, burnRate, exhaustion, goodEvents, badEvents, target, windowSeconds, state, allowed, coverage, openRequests, durableThrough,
	}
}

// clean makes label values what Prometheus takes.
func clean(values []string) []string {
	for i, v := range values {
		values[i] = strings.ToValidUTF8(v, "�")
	}
	return values
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

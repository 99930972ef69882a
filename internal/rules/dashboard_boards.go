// SPDX-License-Identifier: Apache-2.0

package rules

// budgetSteps are the boundaries of the default policy: below a fifth releases
// stop, below half they are canaries.
func budgetSteps() []step {
	fifth, half := 0.2, 0.5
	return []step{{Color: "red"}, {Color: "yellow", Value: &fifth}, {Color: "green", Value: &half}}
}

func firingPanel(matcher string) panel {
	return panel{
		title: "Firing alerts", about: "Of burn rates, and of missing data.", kind: "state-timeline", width: 12, unit: "none",
		queries: []query{{`count by (alertname, long_window, short_window) (ALERTS{alertstate="firing",` + matcher + `})`,
			"{{alertname}} {{long_window}} {{short_window}}"}},
	}
}

func classicBoard() board {
	ratio := func(window string) panel {
		return panel{
			title: "Share of good events, " + window, about: "1 without traffic; a gap is missing data.", kind: "timeseries", width: 12, unit: "percentunit",
			queries: []query{{`{__name__=~"sli:.+:ratio_rate` + window + `",service_name="$service"}`, "{{sli_name}} {{service_namespace}} {{deployment_environment_name}}"}},
		}
	}
	return board{
		title: "Service levels (classic)", variable: "service", label: "Service", values: "label_values(sli:idle, service_name)",
		panels: []panel{
			{
				title: "Error budget left", about: "Of the window of each objective; below zero it is overspent.", kind: "stat", width: 24, unit: "percentunit",
				queries: []query{{`{__name__=~"sli:.+:budget_remaining",service_name="$service"}`, "{{sli_name}} {{window}}"}}, steps: budgetSteps(),
			},
			{
				title: "Error budget left over time", kind: "timeseries", width: 24, unit: "percentunit",
				queries: []query{{`{__name__=~"sli:.+:budget_remaining",service_name="$service"}`, "{{sli_name}} {{window}}"}},
			},
			ratio("5m"), ratio("30m"), ratio("1h"), ratio("6h"),
			{
				title: "Without traffic", about: "1 is idle, 0 has traffic, a gap is missing data.", kind: "state-timeline", width: 12, unit: "none",
				queries: []query{{`sli:idle{service_name="$service"}`, "idle {{service_namespace}} {{deployment_environment_name}}"}},
			},
			firingPanel(`service="$service"`),
		},
	}
}

func slothBoard() board {
	of := func(series string) string { return series + `{sloth_service="$service"}` }
	return board{
		title: "Service levels (sloth)", variable: "service", label: "Service", values: "label_values(slo:objective:ratio, sloth_service)",
		panels: []panel{
			{
				title: "Error budget left", about: "Of the whole period; below zero it is overspent.", kind: "stat", width: 16, unit: "percentunit",
				queries: []query{{of("slo:period_error_budget_remaining:ratio"), "{{sloth_slo}}"}}, steps: budgetSteps(),
			},
			{title: "Objective", kind: "stat", width: 8, unit: "percentunit", queries: []query{{of("slo:objective:ratio"), "{{sloth_slo}}"}}},
			{title: "Error budget left over time", kind: "timeseries", width: 24, unit: "percentunit", queries: []query{{of("slo:period_error_budget_remaining:ratio"), "{{sloth_slo}}"}}},
			{
				title: "Burn rate now", about: "1 spends the budget exactly within its period.", kind: "timeseries", width: 12, unit: "none",
				queries: []query{{of("slo:current_burn_rate:ratio"), "{{sloth_slo}}"}},
			},
			{title: "Burn rate of the period", kind: "timeseries", width: 12, unit: "none", queries: []query{{of("slo:period_burn_rate:ratio"), "{{sloth_slo}}"}}},
			{
				title: "Share of bad events, 5m, and the budget", about: "0 without traffic; a gap is missing data.", kind: "timeseries", width: 12, unit: "percentunit",
				queries: []query{{of("slo:sli_error:ratio_rate5m"), "{{sloth_slo}}"}, {of("slo:error_budget:ratio"), "{{sloth_slo}} budget"}},
			},
			firingPanel(`service="$service"`),
		},
	}
}

func pyrraBoard() board {
	of := func(series string) string { return series + `{slo=~"$slo"}` }
	left := "(" + of("pyrra_availability") + " - on (slo) group_left () " + of("pyrra_objective") + ") / on (slo) group_left () (1 - " + of("pyrra_objective") + ")"
	return board{
		title: "Service levels (pyrra)", variable: "slo", label: "SLO", values: "label_values(pyrra_objective, slo)",
		panels: []panel{
			{
				title: "Error budget left", about: "Of the whole window; below zero it is overspent.", kind: "stat", width: 8, unit: "percentunit",
				queries: []query{{left, "{{slo}}"}}, steps: budgetSteps(),
			},
			{title: "Availability", kind: "stat", width: 8, unit: "percentunit", queries: []query{{of("pyrra_availability"), "{{slo}}"}}},
			{title: "Objective", kind: "stat", width: 4, unit: "percentunit", queries: []query{{of("pyrra_objective"), "{{slo}}"}}},
			{title: "Window", kind: "stat", width: 4, unit: "s", queries: []query{{of("pyrra_window"), "{{slo}}"}}},
			{title: "Error budget left over time", kind: "timeseries", width: 24, unit: "percentunit", queries: []query{{left, "{{slo}}"}}},
			{title: "Events a second", kind: "timeseries", width: 12, unit: "reqps", queries: []query{{of("pyrra_requests:rate5m"), "{{slo}}"}}},
			{title: "Bad events a second", kind: "timeseries", width: 12, unit: "reqps", queries: []query{{of("pyrra_errors:rate5m"), "{{slo}}"}}},
			firingPanel(`slo=~"$slo"`),
		},
	}
}

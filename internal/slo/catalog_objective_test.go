// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNamedObjectives(t *testing.T) {
	c := parse(t, `
tiers:
  tier1: {labels: {severity_of: tier1}, window: month, time_zone: Europe/Berlin}
services:
  - name: shop
    tier: tier1
    slo:
      min_events: 10
      labels: {route: shop}
      annotations: {runbook: https://example.org/shop}
      alerts_off: [ticket]
    slos:
      - {name: checkout_fast, indicator: http_latency, target: 0.9, threshold_ms: 100, window: 7d, min_events: 0}
      - {name: http_availability, indicator: http_availability, labels: {route: checkout}, alerts_off: [all], time_zone: Asia/Tokyo}
      - {name: good-minutes, indicator: http_availability, slice_target: 0.95, target: 0.999, window: week}
      - {name: fast.minutes, indicator: grpc_latency, kind: time_slices, slice_target: 0.9}
      - {name: paid, indicator: checkout_paid, kind: events, alerts_off: [page, ticket, page]}
`)
	e := c.Lookup(Service{Name: "shop"})
	berlin, err := loadZone("Europe/Berlin")
	require.NoError(t, err)
	tokyo, err := loadZone("Asia/Tokyo")
	require.NoError(t, err)
	labels := map[string]string{"severity_of": "tier1", "route": "shop"}
	annotations := map[string]string{"runbook": "https://example.org/shop"}
	ticket := []string{"ticket"}
	assert.Equal(t, []Objective{
		{Name: "checkout_fast", Indicator: HTTPLatency, Kind: Latency, Target: Ratio{9, 10}, Threshold: 100 * time.Millisecond,
			Window: RollingWindow(7 * day), Labels: labels, Annotations: annotations, AlertsOff: ticket},
		{Name: "http_availability", Indicator: HTTPAvailability, Kind: EventRatio, Target: Ratio{9995, 10000}, MinEvents: 10,
			Window: Window{Calendar: Month, Zone: tokyo}, Labels: map[string]string{"severity_of": "tier1", "route": "checkout"},
			Annotations: annotations, AlertsOff: AlertNames()},
		{Name: "good-minutes", Indicator: HTTPAvailability, Kind: TimeSlices, Target: Ratio{999, 1000}, SliceTarget: Ratio{95, 100}, MinEvents: 10,
			Window: Window{Calendar: Week, Zone: berlin}, Labels: labels, Annotations: annotations, AlertsOff: ticket},
		{Name: "fast.minutes", Indicator: GRPCLatency, Kind: TimeSlices, Target: Ratio{99, 100}, Threshold: 200 * time.Millisecond, SliceTarget: Ratio{9, 10}, MinEvents: 10,
			Window: Window{Calendar: Month, Zone: berlin}, Labels: labels, Annotations: annotations, AlertsOff: ticket},
		{Name: "paid", Indicator: "checkout_paid", Kind: EventRatio, Target: Ratio{9995, 10000}, MinEvents: 10,
			Window: Window{Calendar: Month, Zone: berlin}, Labels: labels, Annotations: annotations, AlertsOff: []string{"page", "ticket"}},
	}, e.Objectives)
	assert.Equal(t, Window{Calendar: Month, Zone: berlin}, e.BudgetWindow)
	assert.Equal(t, 31*day+time.Hour, e.Window, "counts are needed for the longest window")
	assert.Contains(t, c.Thresholds(), 100*time.Millisecond, "histograms need an edge at each threshold")
	assert.Len(t, e.ObjectivesFor(HTTPAvailability), 2)
	assert.True(t, e.Objectives[1].AlertOff(AlertPage))
	assert.False(t, e.Objectives[0].AlertOff(AlertPage))
	assert.Equal(t, labels, e.ObjectivesFor(DBLatency)[0].Labels, "they are those of the tier's objectives too")
	assert.Nil(t, c.Lookup(Service{Name: "stranger"}).Labels)
}

func TestPolicies(t *testing.T) {
	c := parse(t, `
tiers:
  tier1: {policy: {normal_at: 0.6, canary_at: 0.25, coverage_limit: 0.95, pass_freeze: [fix, security]}}
services:
  - {name: a, tier: tier1, policy: {dwell: 30m, hysteresis: 0.05, canary_weight: 25, shadow: true, pass_freeze: []}}
  - {name: b, tier: tier1}
  - {name: c}
`)
	b := DefaultPolicy()
	b.NormalAt, b.CanaryAt, b.CoverageLimit, b.PassFreeze = MustRatio("0.6"), MustRatio("0.25"), MustRatio("0.95"), []string{"fix", "security"}
	assert.Equal(t, b, c.Lookup(Service{Name: "b"}).Policy)
	a := b
	a.Dwell, a.Hysteresis, a.CanaryWeight, a.Shadow, a.PassFreeze = 30*time.Minute, MustRatio("0.05"), 25, true, nil
	assert.Equal(t, a, c.Lookup(Service{Name: "a"}).Policy)
	assert.Equal(t, DefaultPolicy(), c.Lookup(Service{Name: "c"}).Policy)
	assert.Equal(t, DefaultPolicy(), DefaultCatalogue().Lookup(Service{Name: "stranger"}).Policy)
}

func TestErrorsOfNamedObjectives(t *testing.T) {
	for _, tt := range []struct{ name, slos, want string }{
		{"no list", "a", "f:3: services[0].slos must be a list"},
		{"no mapping", "[a]", "f:3: services[0].slos[0] must be a mapping"},
		{"unknown key", "[{name: a, indicator: x, objective: 1}]",
			"f:3: unknown key services[0].slos[0].objective: allowed are name, indicator, kind, target, threshold_ms, latency, slice_target, min_events, window, time_zone, labels, annotations, alerts_off"},
		{"no name", "[{indicator: x}]", `f:3: services[0].slos[0].name must be lower-case letters and digits`},
		{"a long name", "[{indicator: x, name: " + strings.Repeat("a", 64) + "}]", "at most 63"},
		{"no indicator", "[{name: a}]", `f:3: services[0].slos[0].indicator must be the sli.name of an indicator, such as http_availability, not ""`},
		{"the name of another indicator", "[{name: http_latency, indicator: http_availability}]", "services[0].slos[0].name must not be that of another indicator than its own, http_availability"},
		{"a name twice", "[{name: a, indicator: x}, {name: a, indicator: y}]", "f:3: services[0].slos[1] names a again, which line 3 has"},
		{"a target of one", "[{name: a, indicator: x, target: 1}]", "services[0].slos[0].target must be a decimal greater than 0 and less than 1"},
		{"an unknown kind", "[{name: a, indicator: http_availability, kind: ratio}]", `services[0].slos[0].kind must be one of events, time_slices, not "ratio": http_availability is about events`},
		{"a latency by events", "[{name: a, indicator: db_latency, kind: events}]", `kind must be one of latency, time_slices, not "events": db_latency is about latency`},
		{"slices without a target of theirs", "[{name: a, indicator: x, kind: time_slices}]", "services[0].slos[0].slice_target must be given for time slices"},
		{"a slice target without slices", "[{name: a, indicator: x, kind: events, slice_target: 0.9}]", "services[0].slos[0].slice_target goes with the kind time_slices alone"},
		{"a slice target of one", "[{name: a, indicator: x, slice_target: 1}]", "services[0].slos[0].slice_target must be a decimal greater than 0"},
		{"a threshold of an availability", "[{name: a, indicator: http_availability, threshold_ms: 5}]", "services[0].slos[0].threshold_ms goes with http_latency, grpc_latency, db_latency alone"},
		{"a threshold of conditions of one's own", "[{name: a, indicator: paid_latency, threshold_ms: 5}]", "threshold_ms goes with http_latency"},
		{"no threshold", "[{name: a, indicator: http_latency, threshold_ms: 0}]", "services[0].slos[0].threshold_ms must be a whole number of milliseconds"},
		{"negative events", "[{name: a, indicator: x, min_events: -1}]", "services[0].slos[0].min_events must be a whole number"},
		{"a window of a day", "[{name: a, indicator: x, window: 1d}]", "services[0].slos[0].window must be 7d, 28d, 30d or 90d (rolling), or week"},
		{"a zone of a rolling window", "[{name: a, indicator: x, window: 7d, time_zone: Europe/Berlin}]", "services[0].slos[0].time_zone 7d is rolling and has no time zone"},
		{"a zone of the tier's rolling window", "[{name: a, indicator: x, time_zone: Europe/Berlin}]", "services[0].slos[0].time_zone goes with a window that is week, month or quarter"},
		{"a zone that is none", "[{name: a, indicator: x, window: week, time_zone: CEST}]", `time_zone must be an IANA time zone, such as Europe/Berlin or UTC, not "CEST"`},
		{"an alert that is none", "[{name: a, indicator: x, alerts_off: [pages]}]", `services[0].slos[0].alerts_off[0] must be one of page, ticket, unresponsive, all, not "pages"`},
		{"alerts that are no list", "[{name: a, indicator: x, alerts_off: page}]", "services[0].slos[0].alerts_off must be a list"},
		{"an alert that is a list", "[{name: a, indicator: x, alerts_off: [[page]]}]", "services[0].slos[0].alerts_off[0] must be a single value"},
		{"a label with a dash", "[{name: a, indicator: x, labels: {a-b: c}}]", "services[0].slos[0].labels.a-b must be a label's name"},
		{"a label of Prometheus' own", "[{name: a, indicator: x, labels: {__name__: c}}]", "services[0].slos[0].labels.__name__ must be a label's name"},
		{"a label that is a list", "[{name: a, indicator: x, labels: {b: [c]}}]", "services[0].slos[0].labels.b must be a single value"},
		{"annotations that are a text", "[{name: a, indicator: x, annotations: b}]", "services[0].slos[0].annotations must be a mapping"},
		{"too many", "[" + strings.Repeat("{}, ", 101) + "]", "services[0].slos has 101 SLOs, at most 100 are allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseCatalogue("f", []byte("services:\n- name: s\n  slos: "+tt.slos))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestErrorsOfPolicies(t *testing.T) {
	for _, tt := range []struct{ name, policy, want string }{
		{"no mapping", "[a]", "f:2: tiers.t.policy must be a mapping"},
		{"unknown key", "{normal: 1}", "f:2: unknown key tiers.t.policy.normal: allowed are normal_at, canary_at, canary_weight, hysteresis, dwell, coverage_limit, pass_freeze, shadow"},
		{"in per cent", "{normal_at: 50}", `tiers.t.policy.normal_at must be a decimal from 0 to 1 with at most 9 digits after the point, not "50"`},
		{"signed", "{coverage_limit: +0.5}", `not "+0.5"`},
		{"the wrong way round", "{normal_at: 0.1}", "f:2: tiers.t.policy: canary_at (0.2) must be normal_at (0.1) or less"},
		{"never normal again", "{normal_at: 0.9, hysteresis: 0.2}", "normal_at (0.9) and hysteresis (0.2) must add up to 1 or less"},
		{"no weight", "{canary_weight: 0}", `tiers.t.policy.canary_weight must be a whole number of per cent from 1 to 100, not "0"`},
		{"a dwell without a unit", "{dwell: 30}", `tiers.t.policy.dwell must be whole minutes from 0m to 168h, such as 30m, not "30"`},
		{"a dwell of seconds", "{dwell: 90s}", `not "90s"`},
		{"a dwell of a month", "{dwell: 720h}", `not "720h"`},
		{"an unknown change", "{pass_freeze: [hotfix]}", `tiers.t.policy.pass_freeze[0] must be one of feature, fix, security, not "hotfix"`},
		{"a change alone", "{pass_freeze: fix}", "tiers.t.policy.pass_freeze must be a list"},
		{"shadow of a kind", "{shadow: on}", `tiers.t.policy.shadow must be true or false, not "on"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseCatalogue("f", []byte("tiers:\n  t: {policy: "+tt.policy+"}"))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

const everything = `
tiers:
  tier2: {labels: {from: tier}, alerts_off: [ticket]}
services:
  - {name: plain}
  - name: Shop_API
    namespace: retail
    environment: prod
    tier: tier2
    team: shop
    slo: {availability: 0.999999999, latency_threshold_ms: 250, latency: felt, latency_target: 0.95, min_events: 7, on_unknown: open, window: month, time_zone: Europe/Berlin, annotations: {runbook: "https://example.org/a: b"}}
    slos:
      - {name: fast, indicator: http_latency, threshold_ms: 100, target: 0.5, window: 7d, alerts_off: []}
      - {name: served, indicator: grpc_latency, threshold_ms: 250, latency: handler}
      - {name: good.minutes, indicator: http_availability, slice_target: 0.95, target: 0.99, window: quarter, time_zone: UTC, min_events: 0, labels: {more: "yes"}}
      - {name: fast_minutes, indicator: db_latency, slice_target: 0.9, window: week}
      - {name: paid, indicator: checkout_paid, alerts_off: [all]}
      - {name: paid_fast, indicator: paid_latency}
    policy: {normal_at: 0.6, canary_at: 0.25, canary_weight: 20, hysteresis: 0.05, dwell: 30m, coverage_limit: 0.9, pass_freeze: [fix], shadow: true}
  - {name: Shop_API, namespace: other}
`

// What a catalogue promises is the same after an export and an import.
func TestRoundTrip(t *testing.T) {
	before, err := slo.ParseCatalogue("catalogue", []byte(everything))
	require.NoError(t, err)
	documents, err := Export(before.Entries(), []string{slo.HTTPAvailability, slo.HTTPLatency})
	require.NoError(t, err)
	out, notes, err := Import([]slo.Source{{Name: "exported.yaml", Data: documents}}, Options{})
	require.NoError(t, err, string(documents))
	assert.Empty(t, notes)
	after, err := slo.ParseCatalogue("imported", out)
	require.NoError(t, err)
	assert.Equal(t, before.Entries(), after.Entries(), string(out))

	again, err := Export(after.Entries(), []string{slo.HTTPAvailability, slo.HTTPLatency})
	require.NoError(t, err)
	assert.Equal(t, string(documents), string(again))
}

func TestExport(t *testing.T) {
	c, err := slo.ParseCatalogue("catalogue", []byte("services: [{name: shop, environment: prod, slo: {latency_threshold_ms: 300}, slos: [{name: fast, indicator: http_latency, threshold_ms: 100, window: month}]}]"))
	require.NoError(t, err)
	out, err := Export(c.Entries(), []string{slo.HTTPLatency})
	require.NoError(t, err)
	assert.Contains(t, string(out), `apiVersion: openslo/v1
kind: SLO
metadata:
  name: shop-prod-fast
`)
	assert.Contains(t, string(out), `query: sum(sli_events_total{service_name="shop", sli_name="http_latency_100ms", sli_outcome="good", deployment_environment_name="prod"})`)
	assert.Contains(t, string(out), `
  timeWindow:
    - duration: 1M
      isRolling: false
      calendar:
        startTime: "2024-01-01 00:00:00"
        timeZone: UTC
  budgetingMethod: Occurrences
  objectives:
    - target: 0.9
`)
	none, err := Export(nil, nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

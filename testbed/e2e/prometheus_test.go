// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/prometheusbed"
)

// scrapedConfig is gatewayConfig with its indicators shown to a Prometheus. New
// series are shown at zero for longer than it takes to scrape them.
const scrapedConfig = `
receivers:
  otlp: {protocols: {http: {endpoint: "${env:OTLP_ADDRESS}"}}}
connectors:
  sli: {metrics_flush_interval: 5s}
exporters:
  prometheus: {endpoint: "${env:SCRAPE_ADDRESS}", resource_to_telemetry_conversion: {enabled: true}}
extensions:
  error_budget:
    http: {endpoint: "${env:BUDGET_ADDRESS}"}
    catalogue: ${env:SLOE_TEST_DIR}/catalogue.yaml
    storage_directory: ${env:SLOE_TEST_DIR}/state
service:
  telemetry: {metrics: {level: none}}
  extensions: [error_budget]
  pipelines:
    metrics: {receivers: [otlp], exporters: [sli]}
    metrics/indicators: {receivers: [sli], exporters: [prometheus]}
`

func needsPrometheus(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts prometheus and the built collector; make test runs it")
	}
}

// The worked cases, counted by one collector into its own store and shown to a real
// Prometheus, from which another collector takes them: both give the same answers.
func TestPrometheusGivesTheSameGate(t *testing.T) {
	needsPrometheus(t)
	const valid = 10_000_000
	cases := map[string]struct {
		valid, bad, uncertain uint64
		state                 string
	}{
		"half":       {valid, 2500, 0, budgetapi.StateNormal},
		"under-half": {valid, 2501, 0, budgetapi.StateCanary},
		"fifth":      {valid, 4000, 0, budgetapi.StateCanary},
		"frozen":     {valid, 4001, 0, budgetapi.StateFreeze},
		"overspent":  {valid, 6000, 0, budgetapi.StateFreeze},
		"clean":      {valid, 0, 0, budgetapi.StateNormal},
		"few":        {99, 0, 0, budgetapi.StateUnknown},
		"half-blind": {1000, 0, 1000, budgetapi.StateUnknown},
	}
	catalogue := "services:\n  - {name: ghost, tier: tier1}\n"
	for name := range cases {
		catalogue += fmt.Sprintf("  - {name: %s, tier: tier1, slo: {availability: 0.9995, min_events: 100}, policy: {coverage_limit: 0.9}}\n", name)
	}
	otlp, budget, scrape := nginxbed.FreeAddress(t), nginxbed.FreeAddress(t), nginxbed.FreeAddress(t)
	origin := gateway{
		Collector: collectorbed.Start(t, collectorbed.Options{
			Program: collectorbed.Program(t), Config: scrapedConfig, Files: map[string]string{"catalogue.yaml": catalogue},
			Env: []string{"OTLP_ADDRESS=" + otlp, "BUDGET_ADDRESS=" + budget, "SCRAPE_ADDRESS=" + scrape},
		}),
		otlp: "http://" + otlp, budget: "http://" + budget,
	}
	prometheus := prometheusbed.Start(t, prometheusbed.Options{Targets: []string{scrape}})
	reader := startReader(t, readerOptions{prometheus: prometheus.URL, catalogue: catalogue})
	assert.Contains(t, reader.Stderr(), "The extension takes its counts from elsewhere")
	for name, c := range cases {
		origin.sendMetrics(t, unspanned(name, c.valid-c.bad, c.bad))
		if c.uncertain > 0 {
			origin.sendMetrics(t, unmeasured(name, c.uncertain))
		}
		reader.sendMetrics(t, unspanned(name, 1000, 1000)) // its connector's, and of no account
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			origin.waitForValid(t, name, slo.HTTPAvailability, c.valid)
			reader.waitForValid(t, name, slo.HTTPAvailability, c.valid)
			for _, indicator := range []string{slo.HTTPAvailability, slo.HTTPLatency} {
				own, read := alike(func() (own, read budgetapi.SLO) {
					own, read = origin.budgetOf(t, name, indicator), reader.budgetOf(t, name, indicator)
					// sli_events_total knows how many events were bad, not what they have in common
					for _, by := range read.SpentBy {
						assert.Empty(t, by.Parts, by.Dimension)
						assert.Zero(t, by.Other.Bad, by.Dimension)
						assert.Equal(t, own.Bad, by.Unknown.Bad, by.Dimension)
					}
					own.SpentBy, read.SpentBy = nil, nil
					return own, read
				})
				assert.Equal(t, own, read, indicator)
				assert.Equal(t, c.uncertain, read.Uncertain)
			}
			own, read := alike(func() (own, read budgetapi.Gate) { return origin.gateOf(t, name), reader.gateOf(t, name) })
			assert.Equal(t, c.state, own.State)
			assert.Equal(t, own, read)
		})
	}
	assert.Equal(t, budgetapi.StateUnknown, reader.gateOf(t, "ghost").State)
	assert.Equal(t, origin.gateOf(t, "ghost"), reader.gateOf(t, "ghost"))
	reader.Terminate(t)
	origin.Terminate(t)
}

// alike asks two collectors until they answer the same, and returns what they said
// last. Where counts came to one at the end of a minute and to the other at the
// start of the next, their closed hours, of which forecasts are made, hold the same
// two minutes later only.
func alike[T any](ask func() (own, read T)) (own, read T) {
	for deadline := time.Now().Add(150 * time.Second); ; time.Sleep(250 * time.Millisecond) {
		if own, read = ask(); assert.ObjectsAreEqual(own, read) || time.Now().After(deadline) {
			return own, read
		}
	}
}

// budgetOf returns an objective, once the rest of its counts came too.
func (g gateway) budgetOf(t *testing.T, service, indicator string) budgetapi.SLO {
	t.Helper()
	var answer budgetapi.Budgets
	_, err := collectorbed.GetJSON(g.budget+"/v1/budgets/"+service, &answer)
	require.NoError(t, err)
	require.Len(t, answer.Services, 1)
	return objective(answer.Services[0], indicator)
}

// gateOf returns the gate's answer without what differs between two questions: its
// id and instants.
func (g gateway) gateOf(t *testing.T, service string) budgetapi.Gate {
	t.Helper()
	var gate budgetapi.Gate
	status, err := collectorbed.GetJSON(g.budget+"/v1/gate/"+service, &gate)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	gate.DecisionID, gate.AsOf, gate.StaleAfter, gate.DurableThrough = "", time.Time{}, time.Time{}, time.Time{}
	if gate.NextState != nil {
		next := *gate.NextState
		next.Earliest = time.Time{} // by the minute: of the request here, of the scrape there
		gate.NextState = &next
	}
	return gate
}

const shopCatalogue = "services: [{name: shop, tier: tier1}]\n"

// Prometheus and the collector end and begin again at any moment, counters begin at
// zero again, and targets are away: the counts are those of the target, always.
func TestPrometheusSourceOverRestarts(t *testing.T) {
	needsPrometheus(t)
	target := expose(t)
	prometheus := prometheusbed.Start(t, prometheusbed.Options{Targets: []string{target.Listener.Addr().String()}})
	reader := startReader(t, readerOptions{prometheus: prometheus.URL, catalogue: shopCatalogue})
	var good, bad uint64
	add := func(g, b uint64) {
		good, bad = good+g, bad+b
		target.add(g, b)
	}
	equal := func(when string) {
		t.Helper()
		deadline := time.Now().Add(patience)
		for {
			read := reader.counts(t, "shop")
			require.LessOrEqual(t, read.Good, good, when)
			require.LessOrEqual(t, read.Bad, bad, when)
			require.Zero(t, read.Uncertain, when)
			if read.Good == good && read.Bad == bad {
				return
			}
			require.True(t, time.Now().Before(deadline), "%s: read %d good and %d bad of %d and %d", when, read.Good, read.Bad, good, bad)
			time.Sleep(50 * time.Millisecond)
		}
	}
	again := func() {
		t.Helper()
		dir := reader.Dir
		reader = startReader(t, readerOptions{prometheus: prometheus.URL, catalogue: shopCatalogue, dir: dir})
	}
	target.scraped(t)
	require.Eventually(t, func() bool { return reader.counts(t, "shop").Name != "" }, patience, 50*time.Millisecond)
	add(1000, 3)
	equal("at first")

	add(500, 1)
	require.NoError(t, reader.Kill())
	add(250, 2)
	again()
	add(20, 0)
	equal("after the collector was killed")

	prometheus.Halt(t)
	_, err := reader.WaitStderr("Prometheus cannot be read", patience)
	require.NoError(t, err)
	add(77, 7)
	prometheus.StartAgain(t)
	equal("after Prometheus was away")
	require.Contains(t, reader.Stderr(), "Prometheus can be read.")

	add(5, 0)
	target.scraped(t)
	require.NoError(t, prometheus.Kill())
	require.NoError(t, reader.Kill())
	add(6, 1)
	prometheus.StartAgain(t)
	again()
	equal("after both were killed")

	target.scraped(t)
	target.set(func(e *exposed) { e.good, e.bad = 0, 0 })
	add(9, 4) // less than before, at the first scrape already
	equal("after a reset")

	target.scraped(t)
	target.set(func(e *exposed) { e.instance, e.good, e.bad = "agent-2", 0, 0 })
	target.scraped(t)
	add(11, 5)
	equal("after another writer took over")

	target.set(func(e *exposed) { e.away = true })
	add(13, 1)
	target.scraped(t)
	target.set(func(e *exposed) { e.away = false })
	equal("after the target was away")

	r := rand.New(rand.NewPCG(5, 6))
	for round := range 10 {
		for range 5 {
			add(r.Uint64N(1000), r.Uint64N(10))
			time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
		}
		require.NoError(t, reader.Kill())
		again()
		equal(fmt.Sprintf("after kill %d", round))
	}
	reader.Terminate(t)
}

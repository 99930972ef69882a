// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// fast and faster are thresholds beside the service's own; a span of spansOf
// takes 3 ms.
var fast = slo.Objective{Name: "fast", Indicator: slo.HTTPLatency, Kind: slo.Latency, Threshold: 100 * time.Millisecond}
var faster = slo.Objective{Name: "faster", Indicator: slo.HTTPLatency, Kind: slo.Latency, Threshold: 2 * time.Millisecond}

func (f *fakeBudget) promise(objectives ...slo.Objective) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.objectives, f.generation = objectives, f.generation+1
}

// TestThresholdsApart: an objective with a threshold of its own has a series of
// its own, of the same events; several objectives with one threshold share it.
func TestThresholdsApart(t *testing.T) {
	r := startRig(t, nil)
	r.consumeTraces(t, spansOf(1, 1))
	same, asTheService, unknown, grpc := fast, fast, fast, fast
	asTheService.Threshold = 200 * time.Millisecond
	unknown.Indicator, grpc.Indicator = "of_nobody_latency", slo.GRPCLatency
	r.budget.promise(fast, same, faster, asTheService, unknown, grpc)
	r.consumeTraces(t, spansOf(1, 10))
	md, _ := unspanned("service-0") // 5 requests of up to 100 ms, 8 of up to 200
	r.consumeMetrics(t, md)

	assert.Equal(t, goodBad{1 + 10 + 8, 2}, r.budget.total(slo.HTTPLatency), "the service's own goes on as it did")
	assert.Equal(t, goodBad{1 + 10 + 10, 0}, r.budget.total(slo.HTTPAvailability))
	assert.Equal(t, goodBad{10 + 5, 5}, r.budget.total("http_latency_100ms"))
	assert.Equal(t, goodBad{0, 10}, r.budget.total("http_latency_2ms"), "2 ms is no edge of the points: they are undecided")
	assert.Equal(t, map[string]int64{"no_edge,http_latency": 10}, r.selfMetric(t, "otelcol_connector_sli_lost"))
	for at := range r.budget.counts {
		if at.sli == "http_latency_100ms" {
			assert.Equal(t, definitionOf(slo.HTTPLatency, 100*time.Millisecond), at.definition)
		}
	}

	r.budget.promise() // no more, and again
	r.consumeTraces(t, spansOf(1, 1))
	assert.Equal(t, goodBad{10 + 5, 5}, r.budget.total("http_latency_100ms"))
	r.budget.promise(fast)
	r.consumeTraces(t, spansOf(1, 1))
	r.stop(t)
	want := map[string]goodBad{
		slo.HTTPLatency: {21, 2}, slo.HTTPAvailability: {23, 0}, "http_latency_100ms": {16, 5}, "http_latency_2ms": {0, 10},
	}
	assert.Equal(t, want, lastExported(t, r.sink), "the sum of all times goes on")
}

// TestThresholdsApartAtTheGateway: an agent with the same catalogue counts them,
// and one that knows further ones is refused those.
func TestThresholdsApartAtTheGateway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
services:
  - name: service-0
    slos:
      - {name: fast, indicator: http_latency, threshold_ms: 100}
      - {name: faster, indicator: http_latency, threshold_ms: 2}
`), 0o600))
	synctest.Test(t, func(t *testing.T) {
		r := startRig(t, nil)
		defer r.stop(t)
		r.budget.promise(fast)
		set := connectortest.NewNopSettings(metadata.Type).TelemetrySettings
		set.Resource.Attributes().PutStr(semconv.ServiceInstanceID, "agent-a")
		cfg := createDefaultConfig().(*Config)
		cfg.Catalogue = []string{path}
		time.Sleep(time.Second)
		agent, err := newCounter(set, cfg, &forwarding{to: func(md pmetric.Metrics) { r.consumeMetrics(t, md) }})
		require.NoError(t, err)
		require.NoError(t, agent.start(t.Context(), host{}))
		agent.consumeTraces(t.Context(), spansOf(2, 10))
		require.NoError(t, agent.shutdown(t.Context()))

		assert.Equal(t, goodBad{good: 10}, r.budget.total("http_latency_100ms"))
		assert.Equal(t, goodBad{}, r.budget.total("http_latency_2ms"), "no objective asks for it here")
		assert.Equal(t, goodBad{good: 20}, r.budget.total(slo.HTTPLatency))
		assert.Equal(t, map[string]int64{"unknown_sli": 6}, r.selfMetric(t, "otelcol_connector_sli_rejected_data_points"))
	})
}

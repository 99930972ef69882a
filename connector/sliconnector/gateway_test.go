// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// startAgent starts a counter that knows no extension and exports to the
// gateway, as through OTLP.
func startAgent(t *testing.T, instance string, next func(pmetric.Metrics)) *counter {
	t.Helper()
	set := connectortest.NewNopSettings(metadata.Type).TelemetrySettings
	set.Resource = pcommon.NewResource()
	set.Resource.Attributes().PutStr(semconv.ServiceInstanceID, instance)
	sink := &forwarding{to: next}
	c, err := newCounter(set, createDefaultConfig().(*Config), sink)
	require.NoError(t, err)
	require.NoError(t, c.start(t.Context(), host{}))
	return c
}

// TestGatewayCountsOnce: two agents, of which one restarts and one delivers
// twice, count at the gateway what they saw, each under its own writer.
func TestGatewayCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRig(t, nil)
		defer r.stop(t)
		time.Sleep(time.Second)
		once := func(md pmetric.Metrics) { r.consumeMetrics(t, md) }
		twice := func(md pmetric.Metrics) { once(md); once(md) }

		a := startAgent(t, "agent-a", once)
		b := startAgent(t, "agent-b", twice)
		a.consumeTraces(t.Context(), spansOf(2, 30))
		a.consumeMetrics(t.Context(), unmeasuredOf(missedOf("service-0", semconv.KindServer, "http", 7)))
		b.consumeTraces(t.Context(), spansOf(2, 5))
		b.consumeMetrics(t.Context(), unmeasuredOf(missedOf("service-0", semconv.KindServer, "", 2)))
		time.Sleep(40 * time.Second)
		synctest.Wait()
		a.consumeTraces(t.Context(), spansOf(2, 3))
		firstStart := a.writer
		require.NoError(t, a.shutdown(t.Context()))
		time.Sleep(time.Second)

		a = startAgent(t, "agent-a", once)
		a.consumeTraces(t.Context(), spansOf(2, 100))
		require.NoError(t, a.shutdown(t.Context()))
		require.NoError(t, b.shutdown(t.Context()))

		assert.Equal(t, goodBad{good: 2 * (30 + 3 + 100 + 5)}, r.budget.total(slo.HTTPAvailability))
		assert.Equal(t, goodBad{good: 2 * (30 + 3 + 100 + 5)}, r.budget.total(slo.HTTPLatency))
		assert.Equal(t, map[slo.Writer]goodBad{
			firstStart: {good: 2 * 2 * 33}, a.writer: {good: 2 * 2 * 100}, b.writer: {good: 2 * 2 * 5},
		}, r.budget.byWriter, "two indicators of two services")
		assert.Equal(t, map[slo.Key]uint64{
			{Service: slo.Service{Name: "service-0"}, SLI: slo.HTTPAvailability}: 7 + 2,
			{Service: slo.Service{Name: "service-0"}, SLI: slo.HTTPLatency}:      7 + 2,
		}, r.budget.uncertain)
		for _, w := range []slo.Writer{firstStart, a.writer, b.writer} {
			assert.NotEmpty(t, r.budget.beats[w], "an export proves that %s measured", w.Instance)
		}
		assert.Empty(t, r.sink.AllMetrics(), "the gateway exports no counts of others as its own")
	})
}

// TestGatewayStartsLater: what an agent counted before the gateway listened may
// have been counted by the gateway's earlier run.
func TestGatewayStartsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var listening atomic.Pointer[rig]
		agent := startAgent(t, "agent-a", func(md pmetric.Metrics) {
			if gateway := listening.Load(); gateway != nil {
				gateway.consumeMetrics(t, md)
			}
		})
		agent.consumeTraces(t.Context(), spansOf(1, 40))
		time.Sleep(31 * time.Second)
		synctest.Wait()
		gateway := startRig(t, nil)
		defer gateway.stop(t)
		listening.Store(gateway)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		agent.consumeTraces(t.Context(), spansOf(1, 2))
		require.NoError(t, agent.shutdown(t.Context()))
		assert.Equal(t, goodBad{good: 2}, gateway.budget.total(slo.HTTPAvailability))
		assert.Equal(t, map[string]int64{"before_start,http_availability": 40, "before_start,http_latency": 40},
			gateway.selfMetric(t, "otelcol_connector_sli_lost"))
	})
}

func TestRemotePointsRefused(t *testing.T) {
	tests := []struct {
		what   string
		change func(pmetric.Metrics, pmetric.NumberDataPoint)
		want   string // the reason; empty if it counts
	}{
		{what: "as an agent sends it", change: func(pmetric.Metrics, pmetric.NumberDataPoint) {}},
		{what: "the service of the resource, if the point has none", change: func(_ pmetric.Metrics, p pmetric.NumberDataPoint) { p.Attributes().Remove(semconv.ServiceName) }},
		{what: "the service of the point, if the resource has another", change: func(md pmetric.Metrics, _ pmetric.NumberDataPoint) {
			md.ResourceMetrics().At(0).Resource().Attributes().PutStr(semconv.ServiceName, "agent")
		}},
		{what: "no writer", want: "no_writer", change: func(md pmetric.Metrics, _ pmetric.NumberDataPoint) {
			md.ResourceMetrics().At(0).Resource().Attributes().Remove(semconv.ServiceInstanceID)
		}},
		{what: "this collector's own", want: "own_events", change: func(md pmetric.Metrics, _ pmetric.NumberDataPoint) {
			md.ResourceMetrics().At(0).Resource().Attributes().PutStr(semconv.ServiceInstanceID, collectorInstance)
		}},
		{what: "delta", want: "temporality", change: func(md pmetric.Metrics, _ pmetric.NumberDataPoint) {
			md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		}},
		{what: "not monotonic", want: "temporality", change: func(md pmetric.Metrics, _ pmetric.NumberDataPoint) {
			md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().SetIsMonotonic(false)
		}},
		{what: "a gauge", want: "unsupported_type", change: func(md pmetric.Metrics, _ pmetric.NumberDataPoint) {
			md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetEmptyGauge().DataPoints().AppendEmpty()
		}},
		{what: "a float", want: "unsupported_type", change: func(_ pmetric.Metrics, p pmetric.NumberDataPoint) { p.SetDoubleValue(3) }},
		{what: "less than nothing", want: "malformed", change: func(_ pmetric.Metrics, p pmetric.NumberDataPoint) { p.SetIntValue(-3) }},
		{what: "no start", want: "no_timestamp", change: func(_ pmetric.Metrics, p pmetric.NumberDataPoint) { p.SetStartTimestamp(0) }},
		{what: "an unknown outcome", want: "unknown_attributes", change: func(_ pmetric.Metrics, p pmetric.NumberDataPoint) { p.Attributes().PutStr(semconv.SLIOutcome, "valid") }},
		{what: "an unknown indicator", want: "unknown_sli", change: func(_ pmetric.Metrics, p pmetric.NumberDataPoint) { p.Attributes().PutStr(semconv.SLIName, "x") }},
		{what: "no service", want: "no_service_name", change: func(md pmetric.Metrics, p pmetric.NumberDataPoint) {
			p.Attributes().Remove(semconv.ServiceName)
			md.ResourceMetrics().At(0).Resource().Attributes().Remove(semconv.ServiceName)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			r := startRig(t, nil)
			defer r.stop(t)
			md, m := oneMetric("shop", semconv.SLIEvents)
			md.ResourceMetrics().At(0).Resource().Attributes().PutStr(semconv.ServiceInstanceID, "agent-a")
			s := m.SetEmptySum()
			s.SetIsMonotonic(true)
			s.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			p := s.DataPoints().AppendEmpty()
			now := time.Now().Add(time.Minute)
			p.SetStartTimestamp(pcommon.NewTimestampFromTime(now))
			p.SetTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Minute)))
			p.SetIntValue(3)
			p.Attributes().PutStr(semconv.ServiceName, "shop")
			p.Attributes().PutStr(semconv.SLIName, slo.GRPCLatency)
			p.Attributes().PutStr(semconv.SLIOutcome, semconv.OutcomeBad)
			tt.change(md, p)
			r.consumeMetrics(t, md)
			rejected := r.selfMetric(t, "otelcol_connector_sli_rejected_data_points")
			if tt.want != "" {
				assert.Equal(t, map[string]int64{tt.want: 1}, rejected)
				assert.Empty(t, r.budget.counts)
				return
			}
			assert.Empty(t, rejected)
			at := cellOf{slo.GRPCLatency, slo.Service{Name: "shop"}, slo.MinuteOf(now.Add(time.Minute)), definitionOf(slo.GRPCLatency, r.budget.threshold)}
			assert.Equal(t, map[cellOf]goodBad{at: {bad: 3}}, r.budget.counts)
		})
	}
}

// forwarding is a consumer that hands on.
type forwarding struct {
	consumertest.MetricsSink
	to func(pmetric.Metrics)
}

func (f *forwarding) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	f.to(md)
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// The tests of this file run in bubbles: time passes when all goroutines wait.

func TestFirstExportIsZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRig(t, nil)
		start := time.Now()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Empty(t, r.sink.AllMetrics(), "nothing was seen, nothing is exported")

		r.consumeTraces(t, spansOf(1, 100))
		time.Sleep(15 * time.Second)
		synctest.Wait()
		require.Len(t, r.sink.AllMetrics(), 1)
		assert.Equal(t, map[string]goodBad{slo.HTTPAvailability: {}, slo.HTTPLatency: {}}, lastExported(t, r.sink))

		r.consumeTraces(t, spansOf(1, 10))
		time.Sleep(15 * time.Second)
		synctest.Wait()
		require.Len(t, r.sink.AllMetrics(), 2)
		assert.Equal(t, map[string]goodBad{slo.HTTPAvailability: {good: 110}, slo.HTTPLatency: {good: 110}}, lastExported(t, r.sink))

		r.consumeTraces(t, spansOf(1, 1))
		r.stop(t)
		require.Len(t, r.sink.AllMetrics(), 3, "the last counts leave with the connector")
		assert.Equal(t, goodBad{good: 111}, lastExported(t, r.sink)[slo.HTTPAvailability])
		assertWriter(t, r, start)
	})
}

// assertWriter checks what a gateway tells writers apart by.
func assertWriter(t *testing.T, r *rig, start time.Time) {
	t.Helper()
	var last int64
	for _, md := range r.sink.AllMetrics() {
		rm := md.ResourceMetrics().At(0)
		assert.Equal(t, map[string]any{"service.name": "service-0", "service.instance.id": collectorInstance}, rm.Resource().Attributes().AsRaw())
		m := rm.ScopeMetrics().At(0).Metrics().At(0)
		assert.Equal(t, "{event}", m.Unit())
		assert.True(t, m.Sum().IsMonotonic())
		assert.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())
		p := m.Sum().DataPoints().At(0)
		assert.Equal(t, start.UnixNano(), int64(p.StartTimestamp()))
		assert.GreaterOrEqual(t, int64(p.Timestamp()), last+int64(time.Millisecond), "samples are apart in milliseconds")
		last = int64(p.Timestamp())
		assert.Equal(t, map[string]any{"service.name": "service-0", "sli.name": slo.HTTPAvailability, "sli.outcome": "good"}, p.Attributes().AsRaw())
	}
}

// TestShutdownBeforeFirstExport: a series that was never exported leaves as
// zeros and then as its counts.
func TestShutdownBeforeFirstExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRig(t, nil)
		start := time.Now()
		r.consumeTraces(t, spansOf(1, 7))
		r.stop(t)
		require.Len(t, r.sink.AllMetrics(), 2)
		assert.Equal(t, goodBad{}, exported(t, r.sink.AllMetrics()[0])[slo.HTTPAvailability])
		assert.Equal(t, goodBad{good: 7}, lastExported(t, r.sink)[slo.HTTPAvailability])
		assertWriter(t, r, start)
	})
}

// stubborn is a consumer that refuses until it is told otherwise.
type stubborn struct {
	consumertest.MetricsSink
	err error
}

func (s *stubborn) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	if s.err != nil {
		return s.err
	}
	return s.MetricsSink.ConsumeMetrics(ctx, md)
}

// TestRefusedExport: zeros that were refused are exported again before counts.
func TestRefusedExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &stubborn{err: errors.New("the back-end is down")}
		c, err := newCounter(connectortest.NewNopSettings(metadata.Type).TelemetrySettings, createDefaultConfig().(*Config), next)
		require.NoError(t, err)
		require.NoError(t, c.start(t.Context(), host{}))
		c.consumeTraces(t.Context(), spansOf(1, 5))
		time.Sleep(40 * time.Second)
		synctest.Wait()
		next.err = nil
		require.NoError(t, c.shutdown(t.Context()))
		require.Len(t, next.AllMetrics(), 2)
		assert.Equal(t, goodBad{}, exported(t, next.AllMetrics()[0])[slo.HTTPAvailability])
		assert.Equal(t, goodBad{good: 5}, exported(t, next.AllMetrics()[1])[slo.HTTPAvailability])
	})
}

// TestRefusedLastExport: a back-end that is down does not keep a configuration
// from being reloaded.
func TestRefusedLastExport(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	set := connectortest.NewNopSettings(metadata.Type).TelemetrySettings
	set.Logger = zap.New(core)
	c, err := newCounter(set, createDefaultConfig().(*Config), &stubborn{err: errors.New("the back-end is down")})
	require.NoError(t, err)
	require.NoError(t, c.start(t.Context(), host{}))
	c.consumeTraces(t.Context(), spansOf(1, 5))
	require.NoError(t, c.shutdown(t.Context()))
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, "the back-end is down", logs.All()[0].ContextMap()["error"])
}

// blocked is a consumer that waits until its context ends.
type blocked struct{ consumertest.MetricsSink }

func (*blocked) ConsumeMetrics(ctx context.Context, _ pmetric.Metrics) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestHeartbeat: beats come at start and then at most 10 s apart, also while an
// export hangs, and name the writer of the counts.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := newFakeBudget(time.Second)
		set := connectortest.NewNopSettings(metadata.Type).TelemetrySettings
		set.Resource.Attributes().PutStr(semconv.ServiceInstanceID, collectorInstance)
		c, err := newCounter(set, createDefaultConfig().(*Config), &blocked{})
		require.NoError(t, err)
		require.NoError(t, c.start(t.Context(), host{budgetID: budget}))
		writer := slo.Writer{Instance: collectorInstance, StartUnixNano: time.Now().UnixNano()}
		first := slo.MinuteOf(time.Now())
		synctest.Wait()
		require.Equal(t, []slo.Minute{first}, budget.beats[writer], "at start")

		c.consumeTraces(t.Context(), spansOf(1, 1))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		beats := map[slo.Minute]int{}
		for _, m := range budget.beats[writer] {
			beats[m]++
		}
		for m := first; m < first+10; m++ {
			assert.GreaterOrEqual(t, beats[m], 6, "minute %d of 10", m-first)
		}
		assert.Equal(t, goodBad{good: 2}, budget.byWriter[writer], "two indicators of one span")

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.shutdown(ended), context.Canceled, "a hanging consumer is told of, and left")
	})
}

// TestPairsShareOneCounter: both pairs feed it, it starts with the first and
// stops with the last, and each pair works alone.
func TestPairsShareOneCounter(t *testing.T) {
	shared := newInstances()
	cfg := createDefaultConfig().(*Config)
	set := connectortest.NewNopSettings(metadata.Type)
	make2 := func() (*pair, *pair) {
		first, err := shared.pair(set, cfg, new(consumertest.MetricsSink))
		require.NoError(t, err)
		second, err := shared.pair(set, cfg, new(consumertest.MetricsSink))
		require.NoError(t, err)
		return first, second
	}
	first, second := make2()
	require.Same(t, first.instance, second.instance)
	third, err := shared.pair(set, createDefaultConfig().(*Config), new(consumertest.MetricsSink))
	require.NoError(t, err)
	require.NotSame(t, first.instance, third.instance, "another configuration of the same name")
	require.NoError(t, third.Shutdown(t.Context()))

	require.NoError(t, first.Start(t.Context(), host{}))
	require.NoError(t, second.Start(t.Context(), host{}))
	require.NoError(t, first.Shutdown(t.Context()))
	require.NoError(t, first.Shutdown(t.Context()), "twice")
	var traces connector.Traces = tracesPair{second}
	require.NoError(t, traces.ConsumeTraces(t.Context(), spansOf(1, 1)), "the other still counts")
	require.NoError(t, second.Shutdown(t.Context()))
	require.Empty(t, shared.shared)

	again, _ := make2()
	require.NotSame(t, first.instance, again.instance, "a restart counts anew")
}

// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// downstream plays the pipelines: so many sli, and a consumer that takes or
// refuses. Where the refusal stands before sli, nobody counts.
type downstream struct {
	slis   int
	err    error
	spans  uint64 // counted by the first sli
	points uint64 // exchanges of sloe.unspanned.duration, the same
	calls  int
	// unmeasured are the exchanges of sloe.unmeasured, the same.
	unmeasured uint64
}

func (d *downstream) count(ctx context.Context) bool {
	d.calls++
	for range d.slis {
		slo.MarkCounted(ctx)
	}
	return d.slis > 0
}

func (d *downstream) traces(ctx context.Context, td ptrace.Traces) error {
	if d.count(ctx) {
		d.spans += uint64(td.SpanCount())
	}
	return d.err
}

func (d *downstream) metrics(ctx context.Context, md pmetric.Metrics) error {
	if !d.count(ctx) {
		return d.err
	}
	for _, rm := range md.ResourceMetrics().All() {
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			if m.Type() == pmetric.MetricTypeSum {
				for _, dp := range m.Sum().DataPoints().All() {
					d.unmeasured += uint64(dp.IntValue())
				}
				continue
			}
			for _, dp := range m.Histogram().DataPoints().All() {
				d.points += dp.Count()
			}
		}
	}
	return d.err
}

// refusalRig is a receiver without a kernel.
type refusalRig struct {
	*ebpfReceiver
	traces, metrics *downstream
	telemetry       *componenttest.Telemetry
	clock           time.Time
	kernelPaused    []bool
	sample          []byte
}

func newRefusalRig(t *testing.T) *refusalRig {
	rig := &refusalRig{
		traces: &downstream{slis: 1}, metrics: &downstream{slis: 1}, telemetry: componenttest.NewTelemetry(), clock: time.Unix(1000, 0),
		sample: sampleOf("GET /cart HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	}
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = rig.telemetry.NewTelemetrySettings()
	r, err := newReceiver(set, createDefaultConfig().(*Config))
	require.NoError(t, err)
	r.ebpfConsumers(t, rig.traces, rig.metrics)
	r.clock, r.now = &capture.Clock{}, func() time.Time { return rig.clock }
	r.clock.Sync()
	r.setKernelPaused = func(p bool) error { rig.kernelPaused = append(rig.kernelPaused, p); return nil }
	r.troubles.host = componenttest.NewNopHost()
	layout, _ := histograms.NewLayout(defaultThresholds, capture.MaxEdges)
	r.prepare(func(record.Process) (*bpf.SocketProcessIdentity, bool) { return nil, false }, layout)
	rig.ebpfReceiver = r
	t.Cleanup(func() { require.NoError(t, rig.telemetry.Shutdown(context.Background())) })
	return rig
}

func (r *ebpfReceiver) ebpfConsumers(t *testing.T, traces, metrics *downstream) {
	var err error
	r.traces, err = consumer.NewTraces(traces.traces)
	require.NoError(t, err)
	r.metrics, err = consumer.NewMetrics(metrics.metrics)
	require.NoError(t, err)
}

// capture plays n exchanges and sends what came of them.
func (g *refusalRig) capture(n int) {
	if g.pause.over(g.now()) {
		g.setPaused(false)
	}
	for range n {
		g.onSample(g.sample)
	}
	g.sendSpans()
}

func (g *refusalRig) counted() uint64 { return g.traces.spans + g.metrics.points }

// refusedSpans reads receiver_ebpf_refused_spans by the attribute counted.
func (g *refusalRig) refusedSpans(t *testing.T) map[string]int64 {
	out := map[string]int64{}
	m, err := g.telemetry.GetMetric("otelcol_receiver_ebpf_refused_spans")
	if err != nil {
		return out
	}
	for _, dp := range sumOf(t, m).DataPoints {
		by, _ := dp.Attributes.Value("counted")
		out[by.AsString()] = dp.Value
	}
	return out
}

func sumOf(t *testing.T, m metricdata.Metrics) metricdata.Sum[int64] {
	sum, ok := m.Data.(metricdata.Sum[int64])
	require.True(t, ok)
	return sum
}

var errRefused = errors.New("data refused due to high memory usage")

// TestRefusedSpansAreCountedOnce: what is refused before sli is counted as
// unspanned, and only that.
func TestRefusedSpansAreCountedOnce(t *testing.T) {
	g := newRefusalRig(t)
	g.capture(10)
	assert.EqualValues(t, 10, g.traces.spans)

	g.traces.slis, g.traces.err = 0, errRefused // a memory limiter before sli
	g.capture(5)
	g.tell(false)
	assert.EqualValues(t, 15, g.counted())
	assert.Equal(t, map[string]int64{"unspanned": 5}, g.refusedSpans(t))
	assert.Equal(t, []bool{true}, g.kernelPaused, "the kernel counts alone")

	calls := g.traces.calls
	g.capture(7) // what was in the ring already
	g.tell(false)
	assert.Equal(t, calls, g.traces.calls, "nothing is sent in a pause")
	assert.EqualValues(t, 22, g.counted())

	g.clock = g.clock.Add(firstPause)
	g.capture(3) // the trial fails
	g.tell(false)
	assert.Equal(t, []bool{true, false, true}, g.kernelPaused)
	assert.Equal(t, 2*firstPause, g.pause.wait)
	assert.EqualValues(t, 25, g.counted())

	g.traces.slis, g.traces.err = 1, nil
	g.clock = g.clock.Add(2 * firstPause)
	g.capture(4)
	assert.Equal(t, []bool{true, false, true, false}, g.kernelPaused)
	assert.EqualValues(t, 14, g.traces.spans)
	assert.EqualValues(t, 29, g.counted())
	assert.Zero(t, g.tell(false))
	assert.EqualValues(t, 29, g.counted(), "told once")
}

// TestSpansThatSLIHasCounted are not counted again when an exporter beside it
// refuses them, and sending goes on for it.
func TestSpansThatSLIHasCounted(t *testing.T) {
	g := newRefusalRig(t)
	g.traces.err = errors.New("sending queue is full")
	g.capture(5)
	g.tell(false)
	assert.EqualValues(t, 5, g.counted())
	assert.Empty(t, g.kernelPaused)
	assert.Equal(t, map[string]int64{"sli": 5}, g.refusedSpans(t))
}

// TestSpansThatOneOfTwoSLIHasCounted cannot be counted for the other one alone:
// it has lost them, and that is said.
func TestSpansThatOneOfTwoSLIHasCounted(t *testing.T) {
	g := newRefusalRig(t)
	g.traces.slis = 2
	g.capture(5)
	g.traces.slis, g.traces.err = 1, errRefused
	g.capture(3)
	g.tell(false)
	assert.EqualValues(t, 8, g.counted())
	assert.Equal(t, map[string]int64{"partly": 3}, g.refusedSpans(t))
}

// TestSpansThatCanNeverBeTaken are counted, and the next ones are tried at once.
func TestSpansThatCanNeverBeTaken(t *testing.T) {
	g := newRefusalRig(t)
	g.traces.slis, g.traces.err = 0, consumererror.NewPermanent(errRefused)
	g.capture(5)
	g.tell(false)
	assert.EqualValues(t, 5, g.counted())
	assert.Empty(t, g.kernelPaused)
}

// TestRefusedCountsAreToldAgain, unless sli has them.
func TestRefusedCountsAreToldAgain(t *testing.T) {
	g := newRefusalRig(t)
	g.traces.slis, g.traces.err = 0, errRefused
	g.metrics.slis, g.metrics.err = 0, fmt.Errorf("wrapped: %w", errRefused)
	g.capture(5)
	assert.EqualValues(t, 5, g.tell(false))
	g.capture(2)
	assert.EqualValues(t, 7, g.tell(false))
	assert.Zero(t, g.counted())

	g.metrics.slis = 1 // sli took them, an exporter beside it did not
	assert.Zero(t, g.tell(false))
	assert.EqualValues(t, 7, g.counted())
	g.metrics.err = nil
	assert.Zero(t, g.tell(false))
	assert.EqualValues(t, 7, g.counted(), "told once")
}

// TestNoWayToCount: without a metrics pipeline what becomes no span is named.
func TestNoWayToCount(t *testing.T) {
	g := newRefusalRig(t)
	g.ebpfReceiver.metrics = nil
	g.traces.slis, g.traces.err = 0, errRefused
	g.capture(5)
	g.capture(2) // in the pause
	assert.Equal(t, map[string]int64{"nowhere": 5}, g.refusedSpans(t))
	m, err := g.telemetry.GetMetric("otelcol_receiver_ebpf_uncounted")
	require.NoError(t, err)
	points := sumOf(t, m).DataPoints
	require.Len(t, points, 1)
	assert.EqualValues(t, 7, points[0].Value)
	assert.Zero(t, g.backlog.Count(), "nothing is held that nobody will take")
}

// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// budgetID is the extension of the tests.
var budgetID = component.MustNewID("error_budget")

// cellOf is one series of one minute, as the recorder was told.
type cellOf struct {
	sli        string
	service    slo.Service
	minute     slo.Minute
	definition slo.Definition
}

type goodBad struct{ good, bad uint64 }

// fakeBudget is an extension that records, with a catalogue whose threshold can
// be changed.
type fakeBudget struct {
	component.StartFunc
	component.ShutdownFunc

	mu         sync.Mutex
	threshold  time.Duration
	generation uint64
	counts     map[cellOf]goodBad
	byWriter   map[slo.Writer]goodBad
	first      map[slo.Key]goodBad // the first count of each series
	beats      map[slo.Writer][]slo.Minute
	open       map[slo.Service]uint64
}

func newFakeBudget(threshold time.Duration) *fakeBudget {
	return &fakeBudget{
		threshold: threshold, generation: 1, counts: map[cellOf]goodBad{}, byWriter: map[slo.Writer]goodBad{},
		first: map[slo.Key]goodBad{}, beats: map[slo.Writer][]slo.Minute{}, open: map[slo.Service]uint64{},
	}
}

func (f *fakeBudget) Add(key slo.Key, minute slo.Minute, good, bad uint64, d slo.Definition, w slo.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.first[key]; !known {
		f.first[key] = goodBad{good, bad}
	}
	at := cellOf{key.SLI, key.Service, minute, d}
	f.counts[at] = goodBad{f.counts[at].good + good, f.counts[at].bad + bad}
	f.byWriter[w] = goodBad{f.byWriter[w].good + good, f.byWriter[w].bad + bad}
}

func (f *fakeBudget) Heartbeat(minute slo.Minute, w slo.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.beats[w] = append(f.beats[w], minute)
}

func (f *fakeBudget) Open(s slo.Service, _ slo.Minute, open uint64, _ slo.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[s] = open
}

func (f *fakeBudget) Lookup(s slo.Service) slo.Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slo.Entry{Service: s, LatencyThreshold: f.threshold}
}

func (f *fakeBudget) Thresholds() []time.Duration { return []time.Duration{f.threshold} }

func (f *fakeBudget) Generation() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.generation
}

func (f *fakeBudget) reload(threshold time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.threshold, f.generation = threshold, f.generation+1
}

// total is the sum over minutes, services and definitions.
func (f *fakeBudget) total(sli string) goodBad {
	f.mu.Lock()
	defer f.mu.Unlock()
	var sum goodBad
	for at, n := range f.counts {
		if at.sli == sli {
			sum = goodBad{sum.good + n.good, sum.bad + n.bad}
		}
	}
	return sum
}

// host is a host with extensions.
type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

// rig is a running connector with both of its pairs.
type rig struct {
	traces    connector.Traces
	metrics   connector.Metrics
	sink      *consumertest.MetricsSink
	budget    *fakeBudget
	telemetry *componenttest.Telemetry
}

// collectorInstance is the service.instance.id of the collector in tests.
const collectorInstance = "collector-1"

func startRig(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	r := &rig{sink: new(consumertest.MetricsSink), budget: newFakeBudget(200 * time.Millisecond), telemetry: componenttest.NewTelemetry()}
	factory := NewFactory()
	cfg := factory.CreateDefaultConfig().(*Config)
	if change != nil {
		change(cfg)
	}
	require.NoError(t, cfg.Validate())
	set := connectortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = r.telemetry.NewTelemetrySettings()
	set.Resource.Attributes().PutStr(semconv.ServiceInstanceID, collectorInstance)
	var err error
	r.traces, err = factory.CreateTracesToMetrics(context.Background(), set, cfg, r.sink)
	require.NoError(t, err)
	r.metrics, err = factory.CreateMetricsToMetrics(context.Background(), set, cfg, r.sink)
	require.NoError(t, err)
	h := host{budgetID: r.budget}
	require.NoError(t, r.traces.Start(context.Background(), h))
	require.NoError(t, r.metrics.Start(context.Background(), h))
	return r
}

func (r *rig) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, r.traces.Shutdown(context.Background()))
	require.NoError(t, r.metrics.Shutdown(context.Background()))
	require.NoError(t, r.telemetry.Shutdown(context.Background()))
}

func (r *rig) consumeTraces(t testing.TB, td ptrace.Traces) {
	t.Helper()
	td.MarkReadOnly()
	require.NoError(t, r.traces.ConsumeTraces(context.Background(), td))
}

func (r *rig) consumeMetrics(t testing.TB, md pmetric.Metrics) {
	t.Helper()
	md.MarkReadOnly()
	require.NoError(t, r.metrics.ConsumeMetrics(context.Background(), md))
}

// selfMetric returns a counter of the connector's own by the values of its
// attributes, joined by commas in the order of their names.
func (r *rig) selfMetric(t testing.TB, name string) map[string]int64 {
	t.Helper()
	return readCounter(t, r.telemetry, name)
}

// lastExported adds up the last export of sli.events by indicator.
func lastExported(t testing.TB, sink *consumertest.MetricsSink) map[string]goodBad {
	t.Helper()
	exports := sink.AllMetrics()
	require.NotEmpty(t, exports)
	return exported(t, exports[len(exports)-1])
}

func exported(t testing.TB, md pmetric.Metrics) map[string]goodBad {
	t.Helper()
	sums := map[string]goodBad{}
	for _, rm := range md.ResourceMetrics().All() {
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			require.Equal(t, semconv.SLIEvents, m.Name())
			for _, p := range m.Sum().DataPoints().All() {
				sli := textAt(p.Attributes(), semconv.SLIName)
				n := sums[sli]
				switch textAt(p.Attributes(), semconv.SLIOutcome) {
				case semconv.OutcomeGood:
					n.good += uint64(p.IntValue())
				case semconv.OutcomeBad:
					n.bad += uint64(p.IntValue())
				default:
					require.Fail(t, "a data point without an outcome")
				}
				sums[sli] = n
			}
		}
	}
	return sums
}

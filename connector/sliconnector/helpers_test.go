// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
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
)

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
			if m.Name() == semconv.SLIUncertain {
				continue
			}
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

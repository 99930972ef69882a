// SPDX-License-Identifier: Apache-2.0

package servicenameprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/metadata"
)

// resources fills four resources: one for the map, one that is named, one that
// is to be named, and one of which nothing is known.
func resources(add func() pcommon.Resource) {
	mapped := add().Attributes()
	mapped.PutStr(semconv.ProcessExecutableName, "python3.11")
	putArgs(mapped, "/usr/bin/python3.11", "/usr/local/bin/gunicorn", "app:app")

	named := add().Attributes()
	named.PutStr(semconv.ServiceName, "payment-api")
	named.PutStr(semconv.ProcessExecutableName, "java")
	putArgs(named, "java", "-jar", "x.jar")

	script := add().Attributes()
	script.PutStr(semconv.ServiceName, "python3")
	script.PutStr(semconv.ProcessExecutableName, "python3.11")
	putArgs(script, "python3", "-m", "http.server")

	add().Attributes().PutStr("host.name", "h")
}

var wantNames = []any{"order-service", "payment-api", "http.server", nil}

func putArgs(attributes pcommon.Map, args ...string) {
	s := attributes.PutEmptySlice(semconv.ProcessCommandArgs)
	for _, a := range args {
		s.AppendEmpty().SetStr(a)
	}
}

func nameOf(r pcommon.Resource) any { return r.Attributes().AsRaw()[semconv.ServiceName] }

func settings(t *testing.T) (processor.Settings, *componenttest.Telemetry) {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	return set, telemetry
}

var cfg = &Config{Map: []string{"python3.11:/usr/local/bin/gunicorn=order-service"}}

func TestTraces(t *testing.T) {
	set, telemetry := settings(t)
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(t.Context(), set, cfg, sink)
	require.NoError(t, err)
	require.True(t, p.Capabilities().MutatesData)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	td := ptrace.NewTraces()
	resources(func() pcommon.Resource { return td.ResourceSpans().AppendEmpty().Resource() })
	require.NoError(t, p.ConsumeTraces(t.Context(), td))
	var names []any
	for _, rs := range sink.AllTraces()[0].ResourceSpans().All() {
		names = append(names, nameOf(rs.Resource()))
	}
	assert.Equal(t, wantNames, names)
	assert.Equal(t, map[string]int64{"map": 1, "existing": 1, "module": 1, "unknown": 1}, resolvedBySource(t, telemetry))
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestMetrics(t *testing.T) {
	set, telemetry := settings(t)
	sink := new(consumertest.MetricsSink)
	p, err := NewFactory().CreateMetrics(t.Context(), set, cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	md := pmetric.NewMetrics()
	resources(func() pcommon.Resource { return md.ResourceMetrics().AppendEmpty().Resource() })
	require.NoError(t, p.ConsumeMetrics(t.Context(), md))
	var names []any
	for _, rm := range sink.AllMetrics()[0].ResourceMetrics().All() {
		names = append(names, nameOf(rm.Resource()))
	}
	assert.Equal(t, wantNames, names)
	assert.Len(t, resolvedBySource(t, telemetry), 4)
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestLogs(t *testing.T) {
	set, telemetry := settings(t)
	sink := new(consumertest.LogsSink)
	p, err := NewFactory().CreateLogs(t.Context(), set, cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	ld := plog.NewLogs()
	resources(func() pcommon.Resource { return ld.ResourceLogs().AppendEmpty().Resource() })
	require.NoError(t, p.ConsumeLogs(t.Context(), ld))
	var names []any
	for _, rl := range sink.AllLogs()[0].ResourceLogs().All() {
		names = append(names, nameOf(rl.Resource()))
	}
	assert.Equal(t, wantNames, names)
	assert.Len(t, resolvedBySource(t, telemetry), 4)
	require.NoError(t, p.Shutdown(t.Context()))
}

// TestNamesAreStable: a name that was given is real to the next processor.
func TestNamesAreStable(t *testing.T) {
	set, _ := settings(t)
	names, err := newServiceNames(set, cfg)
	require.NoError(t, err)
	td := ptrace.NewTraces()
	resources(func() pcommon.Resource { return td.ResourceSpans().AppendEmpty().Resource() })
	for range 2 {
		_, err := names.traces(t.Context(), td)
		require.NoError(t, err)
		for i, want := range wantNames {
			assert.Equal(t, want, nameOf(td.ResourceSpans().At(i).Resource()))
		}
	}
}

func resolvedBySource(t *testing.T, telemetry *componenttest.Telemetry) map[string]int64 {
	t.Helper()
	m, err := telemetry.GetMetric("otelcol_processor_service_name_resolved")
	require.NoError(t, err)
	got := map[string]int64{}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		source, ok := p.Attributes.Value("source")
		require.True(t, ok)
		got[source.AsString()] = p.Value
	}
	return got
}

func BenchmarkTraces(b *testing.B) {
	names, err := newServiceNames(processortest.NewNopSettings(metadata.Type), cfg)
	require.NoError(b, err)
	td := ptrace.NewTraces()
	for range 25 {
		resources(func() pcommon.Resource { return td.ResourceSpans().AppendEmpty().Resource() })
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := names.traces(context.Background(), td); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/resource")
}

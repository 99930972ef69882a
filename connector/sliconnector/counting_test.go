// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/slo"
)

// lateSpans are HTTP spans of one service that end at the given times.
func lateSpans(ends ...time.Time) ptrace.Traces {
	td := spansOf(1, len(ends))
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i, end := range ends {
		spans.At(i).SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-time.Minute)))
		spans.At(i).SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	}
	return td
}

// TestMinuteIsThatOfTheEnd: a span counts in the minute in which it ended, in
// event time, whatever the order.
func TestMinuteIsThatOfTheEnd(t *testing.T) {
	r := startRig(t, func(c *Config) { c.Indicators = []string{slo.HTTPAvailability} })
	defer r.stop(t)
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	r.consumeTraces(t, lateSpans(
		noon.Add(59999*time.Millisecond), noon.Add(time.Minute), noon.Add(-time.Nanosecond), noon, noon.Add(time.Minute)))
	service := slo.Service{Name: "service-0"}
	d := definitionOf(slo.HTTPAvailability, 200*time.Millisecond)
	minute := slo.MinuteOf(noon)
	assert.Equal(t, map[cellOf]goodBad{
		{slo.HTTPAvailability, service, minute - 1, d}: {good: 1},
		{slo.HTTPAvailability, service, minute, d}:     {good: 2},
		{slo.HTTPAvailability, service, minute + 1, d}: {good: 2},
	}, r.budget.counts)
	assert.Equal(t, map[slo.Key]goodBad{{Service: service, SLI: slo.HTTPAvailability}: {}}, r.budget.first, "zeros first")
}

func definitionOf(sli string, threshold time.Duration) slo.Definition {
	for _, ind := range indicator.All() {
		if ind.Name == sli {
			return ind.Definition(slo.Limit{Threshold: threshold})
		}
	}
	return ""
}

// TestReloadStartsANewSeries: counts under another threshold carry another
// definition; those that do not depend on it go on.
func TestReloadStartsANewSeries(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	r.consumeTraces(t, spansOf(1, 10)) // of 3 ms each
	r.budget.reload(time.Millisecond)
	r.consumeTraces(t, spansOf(1, 10))
	got := map[slo.Definition]goodBad{}
	for at, n := range r.budget.counts {
		got[at.definition] = n
	}
	assert.Equal(t, map[slo.Definition]goodBad{
		definitionOf(slo.HTTPLatency, 200*time.Millisecond): {good: 10},
		definitionOf(slo.HTTPLatency, time.Millisecond):     {bad: 10},
		definitionOf(slo.HTTPAvailability, 0):               {good: 20},
	}, got)
}

func TestServicesAreBounded(t *testing.T) {
	r := startRig(t, func(c *Config) { c.MaxServices = 3 })
	defer r.stop(t)
	r.consumeTraces(t, spansOf(5, 2))
	r.consumeTraces(t, spansOf(5, 2))
	assert.Equal(t, goodBad{good: 3 * 4}, r.budget.total(slo.HTTPAvailability))
	assert.Equal(t, map[string]int64{
		"service_limit,http_availability": 2 * 4, "service_limit,http_latency": 2 * 4,
	}, r.selfMetric(t, "otelcol_connector_sli_lost"))
}

func TestSpansWithoutServiceOrEnd(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	td := spansOf(2, 3)
	td.ResourceSpans().At(0).Resource().Attributes().Remove("service.name")
	td.ResourceSpans().At(1).ScopeSpans().At(0).Spans().At(1).SetEndTimestamp(0)
	td.ResourceSpans().At(1).ScopeSpans().At(0).Spans().At(2).SetStartTimestamp(0)
	r.consumeTraces(t, td)
	assert.Equal(t, goodBad{good: 2}, r.budget.total(slo.HTTPAvailability))
	assert.Equal(t, goodBad{good: 1}, r.budget.total(slo.HTTPLatency))
	assert.Equal(t, map[string]int64{"no_service_name,http_availability": 3, "no_service_name,http_latency": 3},
		r.selfMetric(t, "otelcol_connector_sli_lost"))
	assert.Equal(t, map[string]int64{
		"no_end_time,http_availability": 1, "no_end_time,http_latency": 1, "no_start_time,http_latency": 1,
	}, r.selfMetric(t, "otelcol_connector_sli_excluded"))
}

func TestIndicatorsByConditions(t *testing.T) {
	r := startRig(t, func(c *Config) {
		c.Indicators = []string{}
		c.SLIs = map[string]SLIConfig{
			"all_spans": {Spans: ConditionsConfig{Good: []string{"span.kind == SPAN_KIND_SERVER", `span.attributes["http.route"] == "/cart"`}}},
			"cart":      {Spans: ConditionsConfig{Valid: []string{`resource.attributes["service.name"] == "service-1"`, `span.attributes["url.path"] == "/cart"`}, Good: []string{`span.attributes["http.response.status_code"] < 400`}}},
			"broken":    {Spans: ConditionsConfig{Good: []string{`ParseJSON(span.attributes["url.path"]) != nil`}}},
		}
	})
	defer r.stop(t)
	td := spansOf(2, 3)
	one := td.ResourceSpans().At(1).ScopeSpans().At(0).Spans()
	one.At(0).Attributes().PutInt("http.response.status_code", 404)
	one.At(1).SetKind(ptrace.SpanKindInternal)
	one.At(2).SetEndTimestamp(0)
	r.consumeTraces(t, td)
	assert.Equal(t, goodBad{good: 4, bad: 1}, r.budget.total("all_spans"))
	assert.Equal(t, goodBad{good: 1, bad: 1}, r.budget.total("cart"))
	assert.Equal(t, goodBad{}, r.budget.total("broken"))
	assert.Equal(t, map[string]int64{"broken": 6}, r.selfMetric(t, "otelcol_connector_sli_evaluation_errors"))
	assert.Equal(t, map[string]int64{"no_end_time,all_spans": 1, "no_end_time,cart": 1}, r.selfMetric(t, "otelcol_connector_sli_excluded"))
}

// TestConcurrentCalls: every span of every goroutine is counted once, through
// reloads and exports.
func TestConcurrentCalls(t *testing.T) {
	r := startRig(t, func(c *Config) { c.MetricsFlushInterval = minMetricsFlushInterval })
	const callers, calls, services, spans = 8, 50, 4, 25
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range calls {
				if err := r.traces.ConsumeTraces(context.Background(), spansOf(services, spans)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 20 {
		r.budget.reload(time.Duration(100+i%2) * time.Millisecond)
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	want := goodBad{good: callers * calls * services * spans}
	require.Equal(t, want, r.budget.total(slo.HTTPAvailability))
	require.Equal(t, want, r.budget.total(slo.HTTPLatency))
	r.stop(t)
	require.Equal(t, map[string]goodBad{slo.HTTPAvailability: want, slo.HTTPLatency: want}, lastExported(t, r.sink))
}

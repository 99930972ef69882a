// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

var felt = slo.Objective{Name: "felt", Indicator: slo.HTTPLatency, Kind: slo.Latency, Threshold: 200 * ms, Felt: true}

const feltSeries = "http_latency_felt_200ms"

// waited adds a request of 100 ms that waited for so long; a nil time is unknown.
func waited(ss ptrace.ScopeSpans, queue any) {
	attributes := map[string]any{"http.request.method": "GET", "http.response.status_code": 200}
	if queue != nil {
		attributes[semconv.ServerQueueDuration] = queue
	}
	request(ss, ptrace.SpanKindServer, 100*ms, attributes)
}

// An objective on what callers felt adds the queue; the threshold is inclusive. Where
// no queue time is known nothing is counted, and that is counted.
func TestFelt(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	r.budget.promise(felt)
	td := ptrace.NewTraces()
	shop := resourceOf(td, "shop", "")
	for _, queue := range []any{0.0, 0.1, 0.100000001, 3.0} {
		waited(shop, queue)
	}
	for _, nothing := range []any{nil, -0.1, math.NaN(), math.Inf(1), "0.1", int64(0)} {
		waited(shop, nothing)
	}
	r.consumeTraces(t, td)
	assert.Equal(t, goodBad{2, 2}, r.budget.total(feltSeries))
	assert.Equal(t, goodBad{10, 0}, r.budget.total(slo.HTTPLatency), "the handler's own time is as good as ever")
	assert.Equal(t, map[string]int64{"queue_unknown,http_latency": 6}, r.selfMetric(t, "otelcol_connector_sli_lost"))
	w := r.budget.waits[slo.Service{Name: "shop"}]
	assert.Equal(t, []any{uint64(4), 3200*ms + 1, 400 * ms}, []any{w.Requests, w.Queue.Sum, w.Handler.Sum})
	for at := range r.budget.counts {
		if at.sli == feltSeries {
			assert.Equal(t, feltDefinition(), at.definition)
		}
	}
}

func feltDefinition() slo.Definition {
	for _, ind := range indicator.All() {
		if ind.Name == slo.HTTPLatency {
			return ind.Definition(felt.Limit())
		}
	}
	return ""
}

func TestFeltIsAnotherDefinition(t *testing.T) {
	assert.NotEqual(t, definitionOf(slo.HTTPLatency, 200*ms), feltDefinition())
	for _, ind := range indicator.All() {
		if !ind.Timed() {
			assert.Equal(t, ind.Definition(slo.Limit{}), ind.Definition(felt.Limit()), "%s is not about durations", ind.Name)
		}
	}
}

// both are the two forms of what became no span: ten requests by the handler's
// duration, and of eight of them what their callers felt.
func both() (md pmetric.Metrics, handled, felt pmetric.HistogramDataPoint) {
	md, _ = unspanned("shop") // 8 of 10 within 200 ms
	m := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	m.At(0).CopyTo(m.AppendEmpty())
	m.At(1).SetName(semconv.UnspannedFeltDuration)
	felt = m.At(1).Histogram().DataPoints().At(0)
	felt.SetCount(8)
	felt.BucketCounts().FromRaw([]uint64{1, 2, 4, 1})
	return md, m.At(0).Histogram().DataPoints().At(0), felt
}

// Each objective takes its counts from one of the two forms, never from both.
func TestFeltOfWhatBecameNoSpan(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	r.budget.promise(felt)
	md, _, _ := both()
	r.consumeMetrics(t, md)
	assert.Equal(t, goodBad{10, 0}, r.budget.total(slo.HTTPAvailability))
	assert.Equal(t, goodBad{8, 2}, r.budget.total(slo.HTTPLatency))
	assert.Equal(t, goodBad{3, 5}, r.budget.total(feltSeries))
	assert.Equal(t, map[string]int64{"queue_unknown,http_latency": 2}, r.selfMetric(t, "otelcol_connector_sli_lost"), "of two nobody knows how long they waited")

	alone, _ := unspanned("shop")
	r.consumeMetrics(t, alone)
	assert.Equal(t, goodBad{3, 5}, r.budget.total(feltSeries))
	assert.Equal(t, map[string]int64{"queue_unknown,http_latency": 12}, r.selfMetric(t, "otelcol_connector_sli_lost"), "a receiver that knows no queue")
}

// What was never answered is bad without a duration, and counts once.
func TestFeltWithoutAnAnswer(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	r.budget.promise(felt)
	md, handled, waited := both()
	handled.Attributes().PutStr(semconv.ExchangeOutcome, semconv.AbortedByServer)
	waited.Attributes().PutStr(semconv.ExchangeOutcome, semconv.AbortedByServer)
	r.consumeMetrics(t, md)
	assert.Equal(t, goodBad{0, 10}, r.budget.total(feltSeries))
	assert.Equal(t, goodBad{0, 10}, r.budget.total(slo.HTTPLatency))
	assert.Empty(t, r.selfMetric(t, "otelcol_connector_sli_lost"))
}

// The service's own limit may be the felt one, and an objective the handler's.
func TestFeltByDefault(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	handler := slo.Objective{Name: "served", Indicator: slo.HTTPLatency, Kind: slo.Latency, Threshold: 200 * ms}
	r.budget.promise(handler)
	r.budget.feel()
	md, _, _ := both()
	r.consumeMetrics(t, md)
	assert.Equal(t, goodBad{3, 5}, r.budget.total(slo.HTTPLatency))
	assert.Equal(t, goodBad{8, 2}, r.budget.total("http_latency_200ms"))

	td := ptrace.NewTraces()
	waited(resourceOf(td, "shop", ""), 0.5)
	request(resourceOf(td, "shop", ""), ptrace.SpanKindClient, 100*ms, map[string]any{"db.system.name": "redis", "db.operation.name": "GET"})
	r.consumeTraces(t, td)
	assert.Equal(t, goodBad{3, 6}, r.budget.total(slo.HTTPLatency))
	assert.Equal(t, goodBad{9, 2}, r.budget.total("http_latency_200ms"))
	assert.Equal(t, goodBad{1, 0}, r.budget.total(slo.DBLatency), "a client's own calls wait for nobody")
}

// Nobody asks for the felt form: it is not counted, and nothing is lost.
func TestFeltUnasked(t *testing.T) {
	r := startRig(t, func(c *Config) {
		c.SLIs = map[string]SLIConfig{"own": {Spans: ConditionsConfig{Good: []string{"true"}}}}
	})
	defer r.stop(t)
	md, _, _ := both()
	r.consumeMetrics(t, md)
	assert.Equal(t, goodBad{8, 2}, r.budget.total(slo.HTTPLatency))
	assert.Equal(t, map[string]int64{"no_span,own": 10}, r.selfMetric(t, "otelcol_connector_sli_lost"))
}

func (f *fakeBudget) feel() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.felt, f.generation = true, f.generation+1
}

// The edges of Waits are shares of exact counts.
func TestWaits(t *testing.T) {
	var w slo.Waits
	for i := range 100 {
		w.Observe(time.Duration(i)*ms, time.Duration(i)*time.Second)
	}
	within := func(s slo.Spent, share string) time.Duration {
		d, ok := s.AtMost(slo.MustRatio(share))
		if !ok {
			return -1
		}
		return d
	}
	assert.Equal(t, []time.Duration{50 * ms, 100 * ms}, []time.Duration{within(w.Queue, "0.5"), within(w.Queue, "0.95")})
	assert.Equal(t, time.Duration(-1), within(w.Handler, "0.5"), "longer than the last edge")
	assert.Equal(t, 5*time.Second, within(w.Handler, "0.06"))
	assert.Equal(t, time.Duration(-1), within(slo.Waits{}.Queue, "0.5"))
}

// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

const someNanos = 1_780_000_000_000_000_000

// oneMetric returns a metric of one service, to be filled.
func oneMetric(service, name string) (pmetric.Metrics, pmetric.Metric) {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	if service != "" {
		rm.Resource().Attributes().PutStr(semconv.ServiceName, service)
	}
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(name)
	return md, m
}

// unspanned returns one good data point of ten requests.
func unspanned(service string) (pmetric.Metrics, pmetric.HistogramDataPoint) {
	md, m := oneMetric(service, semconv.UnspannedDuration)
	h := m.SetEmptyHistogram()
	h.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	p := h.DataPoints().AppendEmpty()
	p.SetTimestamp(someNanos)
	p.SetCount(10)
	p.ExplicitBounds().FromRaw([]float64{0.1, 0.2, 0.3})
	p.BucketCounts().FromRaw([]uint64{5, 3, 1, 1})
	p.Attributes().PutStr(semconv.Kind, semconv.KindServer)
	p.Attributes().PutStr(semconv.Protocol, semconv.ProtocolHTTP)
	p.Attributes().PutStr(semconv.StatusClass, "2xx")
	return md, p
}

func TestUnspannedPoints(t *testing.T) {
	tests := []struct {
		what     string
		service  string
		change   func(pmetric.Metrics, pmetric.HistogramDataPoint)
		latency  goodBad
		rejected map[string]int64
		lost     map[string]int64
	}{
		{what: "as the receiver sends it", service: "shop", latency: goodBad{8, 2}},
		{what: "an edge that a float cannot hold exactly", service: "shop", latency: goodBad{8, 2}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) {
			p.ExplicitBounds().FromRaw([]float64{0.1, 0.20000000000000001, 0.30000000000000004})
		}},
		{what: "no timestamp", service: "shop", rejected: map[string]int64{"no_timestamp": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) { p.SetTimestamp(0) }},
		{what: "buckets that do not add up", service: "shop", rejected: map[string]int64{"malformed": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) { p.SetCount(11) }},
		{what: "a bucket too few", service: "shop", rejected: map[string]int64{"malformed": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) { p.BucketCounts().FromRaw([]uint64{5, 3, 2}) }},
		{what: "edges without buckets", service: "shop", rejected: map[string]int64{"malformed": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) { p.BucketCounts().FromRaw(nil) }},
		{what: "no kind", service: "shop", rejected: map[string]int64{"unknown_attributes": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) { p.Attributes().Remove(semconv.Kind) }},
		{what: "an unknown protocol", service: "shop", rejected: map[string]int64{"unknown_attributes": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) { p.Attributes().PutStr(semconv.Protocol, "smtp") }},
		{what: "an unknown class", service: "shop", rejected: map[string]int64{"unknown_attributes": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) {
			p.Attributes().PutStr(semconv.StatusClass, "6xx")
		}},
		{what: "an unknown outcome", service: "shop", rejected: map[string]int64{"unknown_attributes": 1}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) {
			p.Attributes().PutStr(semconv.ExchangeOutcome, "gone")
		}},
		{what: "cumulative", service: "shop", rejected: map[string]int64{"temporality": 1}, change: func(md pmetric.Metrics, _ pmetric.HistogramDataPoint) {
			md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Histogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		}},
		{what: "no histogram", service: "shop", rejected: map[string]int64{"unsupported_type": 2}, change: func(md pmetric.Metrics, _ pmetric.HistogramDataPoint) {
			points := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetEmptyExponentialHistogram().DataPoints()
			points.AppendEmpty()
			points.AppendEmpty()
		}},
		{what: "no service", lost: map[string]int64{"no_service_name,http_availability": 10, "no_service_name,http_latency": 10}},
		{what: "buckets without edges: a count and no durations", service: "shop", lost: map[string]int64{"no_edge,http_latency": 10}, change: func(_ pmetric.Metrics, p pmetric.HistogramDataPoint) {
			p.BucketCounts().FromRaw([]uint64{10})
			p.ExplicitBounds().FromRaw(nil)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			r := startRig(t, nil)
			defer r.stop(t)
			md, p := unspanned(tt.service)
			if tt.change != nil {
				tt.change(md, p)
			}
			r.consumeMetrics(t, md)
			assert.Equal(t, orEmpty(tt.rejected), r.selfMetric(t, "otelcol_connector_sli_rejected_data_points"))
			assert.Equal(t, orEmpty(tt.lost), r.selfMetric(t, "otelcol_connector_sli_lost"))
			assert.Equal(t, tt.latency, r.budget.total(slo.HTTPLatency))
			if tt.latency != (goodBad{}) {
				at := cellOf{slo.HTTPLatency, slo.Service{Name: "shop"}, slo.MinuteOfUnixNano(someNanos), definitionOf(slo.HTTPLatency, r.budget.threshold)}
				assert.Equal(t, tt.latency, r.budget.counts[at], "in the minute of its timestamp")
			}
		})
	}
}

// TestConditionsCannotBeAskedOfPoints: an indicator by conditions says how much
// it may have missed.
func TestConditionsCannotBeAskedOfPoints(t *testing.T) {
	r := startRig(t, func(c *Config) {
		c.Indicators = []string{slo.HTTPAvailability}
		c.SLIs = map[string]SLIConfig{"paid": {Spans: ConditionsConfig{Good: []string{"span.kind == SPAN_KIND_SERVER"}}}}
	})
	defer r.stop(t)
	md, _ := unspanned("shop")
	r.consumeMetrics(t, md)
	assert.Equal(t, goodBad{good: 10}, r.budget.total(slo.HTTPAvailability))
	assert.Equal(t, goodBad{}, r.budget.total("paid"))
	assert.Equal(t, map[string]int64{"no_span,paid": 10}, r.selfMetric(t, "otelcol_connector_sli_lost"))
}

func TestOpenExchanges(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	md, m := oneMetric("shop", semconv.OpenExchanges)
	add := func(n int64, kind string) pmetric.NumberDataPoint {
		p := m.Gauge().DataPoints().AppendEmpty()
		p.SetTimestamp(someNanos)
		p.SetIntValue(n)
		p.Attributes().PutStr(semconv.Kind, kind)
		return p
	}
	m.SetEmptyGauge()
	add(3, semconv.KindServer).Attributes().PutStr(semconv.Protocol, semconv.ProtocolHTTP)
	add(2, semconv.KindServer).Attributes().PutStr(semconv.Protocol, semconv.ProtocolGRPC)
	add(70, semconv.KindClient)
	add(-1, semconv.KindServer)
	add(1, semconv.KindServer).SetTimestamp(0)
	add(1, semconv.KindServer).SetDoubleValue(1.5)
	r.consumeMetrics(t, md)

	nameless, m := oneMetric("", semconv.OpenExchanges)
	m.SetEmptyGauge().DataPoints().AppendEmpty().SetTimestamp(someNanos)
	r.consumeMetrics(t, nameless)
	sum, m := oneMetric("shop", semconv.OpenExchanges)
	m.SetEmptySum().DataPoints().AppendEmpty()
	r.consumeMetrics(t, sum)

	assert.Equal(t, map[slo.Service]uint64{{Name: "shop"}: 5}, r.budget.open)
	assert.Equal(t, map[string]int64{"malformed": 1, "no_timestamp": 1, "unsupported_type": 2, "no_service_name": 1},
		r.selfMetric(t, "otelcol_connector_sli_rejected_data_points"))
	assert.Empty(t, r.budget.counts, "open exchanges are never added to a count")
}

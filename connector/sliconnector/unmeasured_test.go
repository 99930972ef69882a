// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// missed is a data point of sloe.unmeasured.
type missed struct {
	service, kind, protocol string
	n                       int64
}

func missedOf(service, kind, protocol string, n int64) missed {
	return missed{service, kind, protocol, n}
}

func unmeasuredOf(all ...missed) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for _, m := range all {
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr(semconv.ServiceName, m.service)
		metric := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		metric.SetName(semconv.UnmeasuredExchanges)
		sum := metric.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		dp := sum.DataPoints().AppendEmpty()
		dp.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
		dp.SetIntValue(m.n)
		dp.Attributes().PutStr(semconv.UnmeasuredReason, "gap")
		if m.kind != "" {
			dp.Attributes().PutStr(semconv.Kind, m.kind)
		}
		if m.protocol != "" {
			dp.Attributes().PutStr(semconv.Protocol, m.protocol)
		}
	}
	return md
}

// TestUnmeasured: exchanges that were not measured make those indicators less certain
// that they may be of, and no others.
func TestUnmeasured(t *testing.T) {
	both := func(n uint64, slis ...string) map[string]uint64 {
		out := map[string]uint64{}
		for _, sli := range slis {
			out[sli] = n
		}
		return out
	}
	none := map[string]uint64{}
	for _, tt := range []struct {
		what         string
		missed       missed
		want         map[string]uint64
		unattributed int64
	}{
		{"requests of a server", missed{"service-0", semconv.KindServer, semconv.ProtocolHTTP, 5}, both(5, slo.HTTPAvailability, slo.HTTPLatency), 0},
		{"of a service that was never seen", missed{"unseen", semconv.KindServer, semconv.ProtocolHTTP, 5}, both(5, slo.HTTPAvailability, slo.HTTPLatency), 0},
		{"of a client: the server counts them", missed{"service-0", semconv.KindClient, semconv.ProtocolHTTP, 5}, none, 0},
		{"calls of a database", missed{"service-0", semconv.KindClient, semconv.ProtocolDB, 5}, both(5, slo.DBAvailability, slo.DBLatency), 0},
		{"of a server that hides what it speaks", missed{"service-0", semconv.KindServer, "", 5}, both(5, slo.HTTPAvailability, slo.HTTPLatency), 0},
		{"of one of which no request was seen", missed{"unseen", semconv.KindServer, "", 5}, none, 5},
		{"of a client that hides what it speaks", missed{"service-0", semconv.KindClient, "", 5}, none, 5},
		{"of nobody knows which side", missed{"service-0", "", "", 5}, both(5, slo.HTTPAvailability, slo.HTTPLatency), 0},
	} {
		t.Run(tt.what, func(t *testing.T) {
			r := startRig(t, nil)
			r.consumeTraces(t, spansOf(1, 10))
			r.consumeMetrics(t, unmeasuredOf(tt.missed))
			got := map[string]uint64{}
			for key, n := range r.budget.uncertain {
				assert.Equal(t, tt.missed.service, key.Service.Name)
				got[key.SLI] = n
			}
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.unattributed, r.selfMetric(t, "otelcol_connector_sli_unattributed")[""])
			lost := map[string]int64{}
			for sli, n := range tt.want {
				lost["unmeasured,"+sli] = int64(n)
			}
			assert.Equal(t, lost, r.selfMetric(t, "otelcol_connector_sli_lost"))
			assert.Equal(t, goodBad{good: 10}, r.budget.total(slo.HTTPAvailability), "the ratio is of what was judged")
			r.stop(t)
			exports := r.sink.AllMetrics()
			assert.Equal(t, tt.want, exportedUncertain(exports[len(exports)-1]), "for a gateway and for people")
		})
	}
}

// exportedUncertain adds up sli.uncertain by indicator, without zeros.
func exportedUncertain(md pmetric.Metrics) map[string]uint64 {
	sums := map[string]uint64{}
	for _, rm := range md.ResourceMetrics().All() {
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			if m.Name() != semconv.SLIUncertain {
				continue
			}
			for _, p := range m.Sum().DataPoints().All() {
				if p.IntValue() > 0 {
					sums[textAt(p.Attributes(), semconv.SLIName)] += uint64(p.IntValue())
				}
			}
		}
	}
	return sums
}

// TestUnmeasuredThatIsRefused: what is not as Sloe writes it is counted as refused.
func TestUnmeasuredThatIsRefused(t *testing.T) {
	for want, change := range map[string]func(pmetric.Metric){
		"unsupported_type":   func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty() },
		"temporality":        func(m pmetric.Metric) { m.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative) },
		"no_timestamp":       func(m pmetric.Metric) { m.Sum().DataPoints().At(0).SetTimestamp(0) },
		"malformed":          func(m pmetric.Metric) { m.Sum().DataPoints().At(0).SetIntValue(-1) },
		"unknown_attributes": func(m pmetric.Metric) { m.Sum().DataPoints().At(0).Attributes().PutStr(semconv.Protocol, "gopher") },
	} {
		r := startRig(t, nil)
		md := unmeasuredOf(missed{"service-0", semconv.KindServer, semconv.ProtocolHTTP, 5})
		change(md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0))
		r.consumeMetrics(t, md)
		r.consumeMetrics(t, unmeasuredOf(missed{"", semconv.KindServer, semconv.ProtocolHTTP, 5}))
		assert.Equal(t, map[string]int64{want: 1, "no_service_name": 1}, r.selfMetric(t, "otelcol_connector_sli_rejected_data_points"))
		assert.Empty(t, r.budget.uncertain)
		r.stop(t)
	}
}

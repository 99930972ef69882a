// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Export writes all series, one resource a process.
func (d *Durations) Export(md pmetric.Metrics, scope, version string, nowUnixNano uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := exported{md: md, scope: scope, version: version, scopes: map[*process.Identity]pmetric.MetricSlice{}, metrics: map[metricKey]pmetric.HistogramDataPointSlice{}}
	for key, s := range d.series {
		for _, w := range d.names.write(key.metric, s.attributes) {
			dp := out.points(metricKey{key.process, w.metric}).AppendEmpty()
			dp.SetStartTimestamp(s.start)
			dp.SetTimestamp(pcommon.Timestamp(nowUnixNano))
			putPoint(dp, s.at.bounds, s.count, s.sumNs, s.buckets)
			putAttributes(dp.Attributes(), w.attributes, s.overflow)
		}
		if d.gone[key.process] {
			delete(d.series, key)
		}
	}
	for id := range d.gone {
		delete(d.paths, id)
	}
	if len(d.gone) > 0 {
		d.recent = recent{} // it may hold series that are no more
	}
	clear(d.gone)
}

type metricKey struct {
	process *process.Identity
	metric  string
}

// exported are the metrics of an export, made as they are needed.
type exported struct {
	md             pmetric.Metrics
	scope, version string
	scopes         map[*process.Identity]pmetric.MetricSlice
	metrics        map[metricKey]pmetric.HistogramDataPointSlice
}

func (e *exported) points(key metricKey) pmetric.HistogramDataPointSlice {
	points, ok := e.metrics[key]
	if ok {
		return points
	}
	slice, ok := e.scopes[key.process]
	if !ok {
		rm := e.md.ResourceMetrics().AppendEmpty()
		key.process.PutResource(rm.Resource())
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName(e.scope)
		sm.Scope().SetVersion(e.version)
		slice = sm.Metrics()
		e.scopes[key.process] = slice
	}
	points = newHistogram(slice, key.metric, pmetric.AggregationTemporalityCumulative)
	e.metrics[key] = points
	return points
}

func putAttributes(m pcommon.Map, attributes []protocol.Attribute, overflow bool) {
	if overflow {
		m.PutBool(overflowAttribute, true)
	}
	for _, a := range attributes {
		if a.Text != "" {
			m.PutStr(a.Key, a.Text)
		} else {
			m.PutInt(a.Key, a.Number)
		}
	}
}

func newHistogram(slice pmetric.MetricSlice, name string, t pmetric.AggregationTemporality) pmetric.HistogramDataPointSlice {
	m := slice.AppendEmpty()
	m.SetName(name)
	m.SetUnit("s")
	h := m.SetEmptyHistogram()
	h.SetAggregationTemporality(t)
	return h.DataPoints()
}

func putPoint(dp pmetric.HistogramDataPoint, bounds []float64, count, sumNs uint64, buckets []uint64) {
	dp.SetCount(count)
	dp.SetSum(time.Duration(sumNs).Seconds())
	dp.ExplicitBounds().FromRaw(bounds)
	dp.BucketCounts().FromRaw(buckets)
}

// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// maxSeries bounds the series of all processes together, about 12 MB. What comes
// beyond it is counted in one overflow series a process and metric, as the
// metrics SDKs do.
const maxSeries = 16384

// separator of the parts of a series' key: no byte of UTF-8, so that no text from
// outside makes two series one.
const separator = 0xFF

// overflowAttribute marks a series of overflowed ones (metrics SDK
// specification, cardinality limits).
const overflowAttribute = "otel.metric.overflow"

// Spilled is what the kernel counted instead of sending a record: exchanges of
// one process that ended alike.
type Spilled struct {
	Kind   protocol.Kind
	Family string
	// System is the value of db.system.name, empty if it is no database.
	System      string
	Metric      string
	Outcome     protocol.Outcome
	StatusClass string
	Count       uint64
	Sum         time.Duration
	// Buckets by the edges, one more than there are edges.
	Buckets []uint64
	// Queue and Felt are the same for the exchanges whose queue time is known: by
	// it, and by its sum with the duration.
	Queue    []uint64
	QueueSum time.Duration
	Felt     []uint64
	FeltSum  time.Duration
}

type seriesKey struct {
	process    *process.Identity
	metric     string
	attributes string
}

type series struct {
	attributes []protocol.Attribute
	overflow   bool
	start      pcommon.Timestamp
	count      uint64
	sumNs      uint64
	buckets    []uint64
}

// Durations are the cumulative duration histograms. It may be used from any
// goroutine.
type Durations struct {
	edges  Edges
	bounds []float64

	mu     sync.Mutex
	series map[seriesKey]*series
	key    []byte
	gone   map[*process.Identity]bool
}

// NewDurations returns empty histograms with the edges.
func NewDurations(edges Edges) *Durations {
	return &Durations{edges: edges, bounds: edges.Seconds(), series: map[seriesKey]*series{}, gone: map[*process.Identity]bool{}}
}

// Record counts a call.
func (d *Durations) Record(id *process.Identity, call *protocol.Call) {
	duration := time.Duration(call.EndUnixNano - call.StartUnixNano)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.key = d.key[:0]
	for i := range call.Attributes {
		a := &call.Attributes[i]
		if !a.Metric {
			continue
		}
		d.key = append(append(append(d.key, a.Key...), separator), a.Text...)
		d.key = append(strconv.AppendInt(append(d.key, separator), a.Number, 10), separator)
	}
	d.key = append(append(append(d.key, call.ErrorType...), separator), call.Outcome.String()...)
	s, ok := d.series[seriesKey{id, call.Metric, string(d.key)}]
	if !ok {
		s = d.make(seriesKey{id, call.Metric, string(d.key)}, call.StartUnixNano, func() []protocol.Attribute {
			return metricAttributes(call)
		})
	}
	s.count++
	s.sumNs += uint64(duration)
	s.buckets[d.edges.bucket(duration)]++
	if call.QueueKnown {
		q := d.queue(id, call.Family, call.StartUnixNano)
		q.count++
		q.sumNs += call.QueueNs
		q.buckets[d.edges.bucket(time.Duration(call.QueueNs))]++
	}
}

// RecordSpilled counts what the kernel counted. Only what it knows is said: the
// class of the status, not its code.
func (d *Durations) RecordSpilled(id *process.Identity, sp *Spilled, nowUnixNano uint64) {
	errorType := spilledErrorType(sp)
	d.mu.Lock()
	defer d.mu.Unlock()
	key := seriesKey{id, sp.Metric, "spilled;" + sp.System + ";" + errorType + sp.Outcome.String()}
	s, ok := d.series[key]
	if !ok {
		s = d.make(key, nowUnixNano, func() []protocol.Attribute {
			var out []protocol.Attribute
			if sp.System != "" {
				out = append(out, protocol.Attribute{Key: semconv.DBSystemName, Text: sp.System})
			}
			if errorType != "" {
				out = append(out, protocol.Attribute{Key: semconv.ErrorType, Text: errorType})
			}
			if o := sp.Outcome.String(); o != "" {
				out = append(out, protocol.Attribute{Key: semconv.ExchangeOutcome, Text: o})
			}
			return out
		})
	}
	s.count += sp.Count
	s.sumNs += uint64(sp.Sum)
	for i, n := range sp.Buckets {
		s.buckets[i] += n
	}
	if queued := total(sp.Queue); queued > 0 {
		q := d.queue(id, sp.Family, nowUnixNano)
		q.count += queued
		q.sumNs += uint64(sp.QueueSum)
		for i, n := range sp.Queue {
			q.buckets[i] += n
		}
	}
}

// AddAlike adds n exchanges of one duration to sp.
func (d *Durations) AddAlike(sp *Spilled, n uint64, duration, queue time.Duration, queueKnown bool) {
	one := func(buckets *[]uint64, at time.Duration) {
		if *buckets == nil {
			*buckets = make([]uint64, len(d.edges)+1)
		}
		(*buckets)[d.edges.bucket(at)] += n
	}
	sp.Count += n
	sp.Sum += time.Duration(n) * duration
	one(&sp.Buckets, duration)
	if queueKnown {
		sp.QueueSum += time.Duration(n) * queue
		sp.FeltSum += time.Duration(n) * (queue + duration)
		one(&sp.Queue, queue)
		one(&sp.Felt, queue+duration)
	}
}

// queue returns the series of a process's queue times.
func (d *Durations) queue(id *process.Identity, family string, startUnixNano uint64) *series {
	key := seriesKey{id, semconv.ServerQueueDuration, family}
	if s, ok := d.series[key]; ok {
		return s
	}
	return d.make(key, startUnixNano, func() []protocol.Attribute {
		return []protocol.Attribute{{Key: semconv.Protocol, Text: family}}
	})
}

func total(buckets []uint64) (sum uint64) {
	for _, n := range buckets {
		sum += n
	}
	return sum
}

func (d *Durations) make(key seriesKey, startUnixNano uint64, attributes func() []protocol.Attribute) *series {
	s := &series{start: pcommon.Timestamp(startUnixNano), buckets: make([]uint64, len(d.edges)+1)}
	if len(d.series) >= maxSeries {
		key.attributes = overflowAttribute
		if have, ok := d.series[key]; ok {
			return have
		}
		s.overflow = true
	} else {
		s.attributes = attributes()
	}
	d.series[key] = s
	return s
}

// Forget drops the series of a process that ended, after they were exported once
// more.
func (d *Durations) Forget(id *process.Identity) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone[id] = true
}

// Export writes all series, one resource a process.
func (d *Durations) Export(md pmetric.Metrics, scope, version string, nowUnixNano uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	type metricKey struct {
		process *process.Identity
		metric  string
	}
	scopes := map[*process.Identity]pmetric.MetricSlice{}
	metrics := map[metricKey]pmetric.HistogramDataPointSlice{}
	for key, s := range d.series {
		mk := metricKey{key.process, key.metric}
		points, ok := metrics[mk]
		if !ok {
			slice, ok := scopes[key.process]
			if !ok {
				rm := md.ResourceMetrics().AppendEmpty()
				key.process.PutResource(rm.Resource())
				sm := rm.ScopeMetrics().AppendEmpty()
				sm.Scope().SetName(scope)
				sm.Scope().SetVersion(version)
				slice = sm.Metrics()
				scopes[key.process] = slice
			}
			points = newHistogram(slice, key.metric, pmetric.AggregationTemporalityCumulative)
			metrics[mk] = points
		}
		dp := points.AppendEmpty()
		dp.SetStartTimestamp(s.start)
		dp.SetTimestamp(pcommon.Timestamp(nowUnixNano))
		putPoint(dp, d.bounds, s.count, s.sumNs, s.buckets)
		if s.overflow {
			dp.Attributes().PutBool(overflowAttribute, true)
		}
		for _, a := range s.attributes {
			if a.Text != "" {
				dp.Attributes().PutStr(a.Key, a.Text)
			} else {
				dp.Attributes().PutInt(a.Key, a.Number)
			}
		}
		if d.gone[key.process] {
			delete(d.series, key)
		}
	}
	clear(d.gone)
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

func metricAttributes(call *protocol.Call) []protocol.Attribute {
	var out []protocol.Attribute
	for _, a := range call.Attributes {
		if a.Metric {
			out = append(out, a)
		}
	}
	if call.ErrorType != "" {
		out = append(out, protocol.Attribute{Key: semconv.ErrorType, Text: call.ErrorType})
	}
	if o := call.Outcome.String(); o != "" {
		out = append(out, protocol.Attribute{Key: semconv.ExchangeOutcome, Text: o})
	}
	return out
}

// spilledErrorType is a class: the code is not known.
func spilledErrorType(sp *Spilled) string {
	switch {
	case sp.Outcome != protocol.Answered:
		return sp.Outcome.String()
	case sp.StatusClass == semconv.StatusClassError:
		return protocol.OtherError
	case sp.StatusClass == "5xx", sp.StatusClass == "4xx" && sp.Kind == protocol.Client:
		return sp.StatusClass
	}
	return ""
}

// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"encoding/binary"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

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
	// Waits: see protocol.Call.
	Waits bool
	Count uint64
	Sum   time.Duration
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
	at         *buckets
	count      uint64
	sumNs      uint64
	buckets    []uint64
}

// add counts one of a duration.
func (s *series) add(d time.Duration) {
	s.count++
	s.sumNs += uint64(d)
	s.buckets[s.at.edges.bucket(d)]++
}

// addAll counts those that were counted in the buckets of all edges.
func (s *series) addAll(n uint64, sum time.Duration, all []uint64) {
	s.count += n
	s.sumNs += uint64(sum)
	for i, n := range all {
		s.buckets[s.at.of[i]] += n
	}
}

// Durations are the cumulative duration histograms. It may be used from any
// goroutine.
type Durations struct {
	layout *Layout
	names  Names

	mu     sync.Mutex
	series map[seriesKey]*series
	recent recent
	paths  paths // nil: they are no attributes
	key    []byte
	gone   map[*process.Identity]bool
}

// NewDurations returns empty histograms with the edges of the layout.
func NewDurations(layout *Layout, names Names) *Durations {
	d := &Durations{layout: layout, names: names, series: map[seriesKey]*series{}, gone: map[*process.Identity]bool{}}
	if names != Stable {
		d.paths = paths{}
	}
	return d
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
		text := a.Text
		if d.paths != nil && a.Key == semconv.URLPath {
			text = d.paths.bound(id, text)
		}
		d.key = append(append(append(d.key, a.Key...), separator), text...)
		d.key = binary.LittleEndian.AppendUint64(append(d.key, separator), uint64(a.Number))
	}
	d.key = append(append(append(d.key, call.ErrorType...), separator), call.Outcome.String()...)
	last := d.recent.of(id, call.Metric)
	if !last.is(id, call.Metric, d.key) {
		key := seriesKey{id, call.Metric, string(d.key)}
		s, ok := d.series[key]
		if !ok {
			s = d.make(key, call.StartUnixNano, func() []protocol.Attribute {
				return d.metricAttributes(id, call)
			})
		}
		*last = recentSeries{key, s}
	}
	last.series.add(duration)
	if call.QueueKnown {
		d.queue(id, call.Family, call.StartUnixNano).add(time.Duration(call.QueueNs))
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
	s.addAll(sp.Count, sp.Sum, sp.Buckets)
	if queued := total(sp.Queue); queued > 0 {
		d.queue(id, sp.Family, nowUnixNano).addAll(queued, sp.QueueSum, sp.Queue)
	}
}

// AddAlike adds n exchanges of one duration to sp.
func (d *Durations) AddAlike(sp *Spilled, n uint64, duration, queue time.Duration, queueKnown bool) {
	one := func(buckets *[]uint64, at time.Duration) {
		if *buckets == nil {
			*buckets = make([]uint64, len(d.layout.All())+1)
		}
		(*buckets)[d.layout.All().bucket(at)] += n
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
	last := d.recent.of(id, key.metric)
	if last.key == key {
		return last.series
	}
	if s, ok := d.series[key]; ok {
		*last = recentSeries{key, s}
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
	at := d.layout.bucketsOf(key.metric)
	s := &series{start: pcommon.Timestamp(startUnixNano), at: at, buckets: make([]uint64, len(at.edges)+1)}
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

func (d *Durations) metricAttributes(id *process.Identity, call *protocol.Call) []protocol.Attribute {
	var out []protocol.Attribute
	for _, a := range call.Attributes {
		if !a.Metric {
			continue
		}
		if d.paths != nil && a.Key == semconv.URLPath {
			a.Text = d.paths.bound(id, a.Text)
		}
		out = append(out, a)
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

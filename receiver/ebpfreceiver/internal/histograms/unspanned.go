// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Unspanned gathers the exchanges of one minute that became no span, and those that
// were not measured. It is for one goroutine.
type Unspanned struct {
	edges      Edges
	bounds     []float64
	byProc     map[*process.Identity]map[unspannedKey]*unspannedPoint
	unmeasured unmeasured
	// recent are points that calls were counted in lately: see recent.
	recent [8]recentPoint
}

type recentPoint struct {
	process *process.Identity
	key     unspannedKey
	point   *unspannedPoint
}

type unspannedKey struct {
	kind        protocol.Kind
	family      string
	outcome     protocol.Outcome
	statusClass string
	waits       bool
}

type unspannedPoint struct {
	duration bucketed
	// felt are those whose queue time is known, by its sum with the duration.
	felt bucketed
}

type bucketed struct {
	count   uint64
	sumNs   uint64
	buckets []uint64
}

func (p *bucketed) add(buckets []uint64, sum time.Duration) {
	p.sumNs += uint64(sum)
	for i, n := range buckets {
		p.count += n
		p.buckets[i] += n
	}
}

func (p *bucketed) addOne(edges Edges, d time.Duration) {
	p.count++
	p.sumNs += uint64(d)
	p.buckets[edges.bucket(d)]++
}

// NewUnspanned returns an empty Unspanned with the edges.
func NewUnspanned(edges Edges) *Unspanned {
	return &Unspanned{edges: edges, bounds: edges.Seconds(), byProc: map[*process.Identity]map[unspannedKey]*unspannedPoint{}, unmeasured: unmeasured{}}
}

// Empty tells whether nothing was gathered.
func (u *Unspanned) Empty() bool { return len(u.byProc) == 0 && len(u.unmeasured) == 0 }

// Count returns how many exchanges were gathered.
func (u *Unspanned) Count() uint64 {
	n := u.unmeasured.count()
	for _, points := range u.byProc {
		for _, p := range points {
			n += p.duration.count
		}
	}
	return n
}

// Merge adds what another gathered, with the same edges.
func (u *Unspanned) Merge(o *Unspanned) {
	u.unmeasured.merge(o.unmeasured)
	for id, points := range o.byProc {
		for key, from := range points {
			p := u.point(id, key)
			p.duration.add(from.duration.buckets, time.Duration(from.duration.sumNs))
			p.felt.add(from.felt.buckets, time.Duration(from.felt.sumNs))
		}
	}
}

func (u *Unspanned) point(id *process.Identity, key unspannedKey) *unspannedPoint {
	points := u.byProc[id]
	if points == nil {
		points = map[unspannedKey]*unspannedPoint{}
		u.byProc[id] = points
	}
	p := points[key]
	if p == nil {
		p = &unspannedPoint{duration: bucketed{buckets: make([]uint64, len(u.edges)+1)}, felt: bucketed{buckets: make([]uint64, len(u.edges)+1)}}
		points[key] = p
	}
	return p
}

// AddSpilled adds what the kernel counted.
func (u *Unspanned) AddSpilled(id *process.Identity, sp *Spilled) {
	p := u.point(id, unspannedKey{sp.Kind, sp.Family, sp.Outcome, sp.StatusClass, sp.Waits})
	p.duration.add(sp.Buckets, sp.Sum)
	p.felt.add(sp.Felt, sp.FeltSum)
}

// AddUnmeasured adds exchanges of which no more is known than that they were.
func (u *Unspanned) AddUnmeasured(id *process.Identity, what Unmeasured, n uint64) {
	u.unmeasured.add(id, what, n)
}

// AddCall adds a call of which no span was made.
func (u *Unspanned) AddCall(id *process.Identity, call *protocol.Call) {
	d := time.Duration(call.EndUnixNano - call.StartUnixNano)
	key := unspannedKey{call.Kind, call.Family, call.Outcome, call.StatusClass, call.Waits}
	last := &u.recent[int(id.PID)%len(u.recent)]
	if last.process != id || last.key != key {
		*last = recentPoint{id, key, u.point(id, key)}
	}
	p := last.point
	p.duration.addOne(u.edges, d)
	if call.QueueKnown {
		p.felt.addOne(u.edges, d+time.Duration(call.QueueNs))
	}
}

// Export writes what was gathered as delta data points of the interval. It stays
// gathered.
func (u *Unspanned) Export(md pmetric.Metrics, scope, version string, startUnixNano, nowUnixNano uint64) {
	resource := func(id *process.Identity) pmetric.MetricSlice {
		rm := md.ResourceMetrics().AppendEmpty()
		id.PutResource(rm.Resource())
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName(scope)
		sm.Scope().SetVersion(version)
		return sm.Metrics()
	}
	for id := range u.unmeasured {
		u.unmeasured.export(resource(id), id, startUnixNano, nowUnixNano)
	}
	for id, byKey := range u.byProc {
		metrics := resource(id)
		u.export(metrics, semconv.UnspannedDuration, byKey, startUnixNano, nowUnixNano,
			func(p *unspannedPoint) *bucketed { return &p.duration })
		if anyFelt(byKey) {
			u.export(metrics, semconv.UnspannedFeltDuration, byKey, startUnixNano, nowUnixNano,
				func(p *unspannedPoint) *bucketed { return &p.felt })
		}
	}
}

func anyFelt(byKey map[unspannedKey]*unspannedPoint) bool {
	for _, p := range byKey {
		if p.felt.count > 0 {
			return true
		}
	}
	return false
}

func (u *Unspanned) export(metrics pmetric.MetricSlice, name string, byKey map[unspannedKey]*unspannedPoint,
	startUnixNano, nowUnixNano uint64, of func(*unspannedPoint) *bucketed) {
	slice := newHistogram(metrics, name, pmetric.AggregationTemporalityDelta)
	for key, point := range byKey {
		p := of(point)
		if p.count == 0 {
			continue
		}
		dp := slice.AppendEmpty()
		dp.SetStartTimestamp(pcommon.Timestamp(startUnixNano))
		dp.SetTimestamp(pcommon.Timestamp(nowUnixNano))
		putPoint(dp, u.bounds, p.count, p.sumNs, p.buckets)
		m := dp.Attributes()
		m.PutStr(semconv.Kind, key.kind.String())
		m.PutStr(semconv.Protocol, key.family)
		m.PutStr(semconv.StatusClass, key.statusClass)
		if o := key.outcome.String(); o != "" {
			m.PutStr(semconv.ExchangeOutcome, o)
		}
		if key.waits {
			m.PutBool(semconv.Waits, true)
		}
	}
}

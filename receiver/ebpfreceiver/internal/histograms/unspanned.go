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

// Unspanned gathers the exchanges of one interval that became no span. It is for
// one goroutine.
type Unspanned struct {
	edges  Edges
	bounds []float64
	byProc map[*process.Identity]map[unspannedKey]*unspannedPoint
}

type unspannedKey struct {
	kind        protocol.Kind
	family      string
	outcome     protocol.Outcome
	statusClass string
}

type unspannedPoint struct {
	count   uint64
	sumNs   uint64
	buckets []uint64
}

// NewUnspanned returns an empty interval with the edges.
func NewUnspanned(edges Edges) *Unspanned {
	return &Unspanned{edges: edges, bounds: edges.Seconds(), byProc: map[*process.Identity]map[unspannedKey]*unspannedPoint{}}
}

// Empty tells whether nothing was gathered.
func (u *Unspanned) Empty() bool { return len(u.byProc) == 0 }

func (u *Unspanned) point(id *process.Identity, key unspannedKey) *unspannedPoint {
	points := u.byProc[id]
	if points == nil {
		points = map[unspannedKey]*unspannedPoint{}
		u.byProc[id] = points
	}
	p := points[key]
	if p == nil {
		p = &unspannedPoint{buckets: make([]uint64, len(u.edges)+1)}
		points[key] = p
	}
	return p
}

// AddSpilled adds what the kernel counted.
func (u *Unspanned) AddSpilled(id *process.Identity, sp *Spilled) {
	p := u.point(id, unspannedKey{sp.Kind, sp.Family, sp.Outcome, sp.StatusClass})
	p.count += sp.Count
	p.sumNs += uint64(sp.Sum)
	for i, n := range sp.Buckets {
		p.buckets[i] += n
	}
}

// AddCall adds a call of which no span was made.
func (u *Unspanned) AddCall(id *process.Identity, call *protocol.Call) {
	d := time.Duration(call.EndUnixNano - call.StartUnixNano)
	p := u.point(id, unspannedKey{call.Kind, call.Family, call.Outcome, call.StatusClass})
	p.count++
	p.sumNs += uint64(d)
	p.buckets[u.edges.bucket(d)]++
}

// Export writes the interval as delta data points and empties it.
func (u *Unspanned) Export(md pmetric.Metrics, scope, version string, startUnixNano, nowUnixNano uint64) {
	for id, points := range u.byProc {
		rm := md.ResourceMetrics().AppendEmpty()
		id.PutResource(rm.Resource())
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName(scope)
		sm.Scope().SetVersion(version)
		slice := newHistogram(sm.Metrics(), semconv.UnspannedDuration, pmetric.AggregationTemporalityDelta)
		for key, p := range points {
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
		}
	}
	clear(u.byProc)
}

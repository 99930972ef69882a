// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
)

// Unmeasured says what exchanges would have been that were not measured, as far as
// that is known.
type Unmeasured struct {
	Kind   string // semconv.KindServer, semconv.KindClient, or empty
	Family string // value of semconv.Protocol, or empty
	Reason string // value of semconv.UnmeasuredReason
}

// unmeasured are counts by process.
type unmeasured map[*process.Identity]map[Unmeasured]uint64

func (u unmeasured) add(id *process.Identity, what Unmeasured, n uint64) {
	of := u[id]
	if of == nil {
		of = map[Unmeasured]uint64{}
		u[id] = of
	}
	of[what] += n
}

func (u unmeasured) merge(o unmeasured) {
	for id, of := range o {
		for what, n := range of {
			u.add(id, what, n)
		}
	}
}

func (u unmeasured) count() (sum uint64) {
	for _, of := range u {
		for _, n := range of {
			sum += n
		}
	}
	return sum
}

// export writes the counts of a process.
func (u unmeasured) export(metrics pmetric.MetricSlice, id *process.Identity, startUnixNano, nowUnixNano uint64) {
	m := metrics.AppendEmpty()
	m.SetName(semconv.UnmeasuredExchanges)
	m.SetUnit("{exchange}")
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	for what, n := range u[id] {
		dp := sum.DataPoints().AppendEmpty()
		dp.SetStartTimestamp(pcommon.Timestamp(startUnixNano))
		dp.SetTimestamp(pcommon.Timestamp(nowUnixNano))
		dp.SetIntValue(int64(n))
		dp.Attributes().PutStr(semconv.UnmeasuredReason, what.Reason)
		if what.Kind != "" {
			dp.Attributes().PutStr(semconv.Kind, what.Kind)
		}
		if what.Family != "" {
			dp.Attributes().PutStr(semconv.Protocol, what.Family)
		}
	}
}

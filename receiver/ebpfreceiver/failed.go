// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
)

// exportFailed writes the connections that never came to be, by process.
func (r *ebpfReceiver) exportFailed(md pmetric.Metrics, nowNs uint64) {
	failures, err := r.capture.Failures()
	if err != nil {
		r.set.Logger.Error("Could not list all failed connects", zap.Error(err))
	}
	points := map[*process.Identity]pmetric.NumberDataPointSlice{}
	for _, f := range failures {
		id := r.processes.Get(f.Process)
		if !r.watch.wants(f.Process, id, f.Remote.Port()) {
			continue
		}
		slice, ok := points[id]
		if !ok {
			rm := md.ResourceMetrics().AppendEmpty()
			id.PutResource(rm.Resource())
			sm := rm.ScopeMetrics().AppendEmpty()
			sm.Scope().SetName(metadata.ScopeName)
			sm.Scope().SetVersion(r.set.BuildInfo.Version)
			m := sm.Metrics().AppendEmpty()
			m.SetName(semconv.ConnectionsFailed)
			m.SetUnit("{connection}")
			sum := m.SetEmptySum()
			sum.SetIsMonotonic(true)
			sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			slice = sum.DataPoints()
			points[id] = slice
		}
		dp := slice.AppendEmpty()
		dp.SetStartTimestamp(pcommon.Timestamp(r.startedNs))
		dp.SetTimestamp(pcommon.Timestamp(nowNs))
		dp.SetIntValue(int64(f.Count))
		dp.Attributes().PutStr(semconv.ErrorType, f.Reason)
		if f.Remote.IsValid() {
			dp.Attributes().PutStr(semconv.ServerAddress, f.Remote.Addr().String())
			dp.Attributes().PutInt(semconv.ServerPort, int64(f.Remote.Port()))
		}
	}
}

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

// exportFailed writes the connections that never came to be, by process: those that
// it asked for, and those that it was asked for and had no room for.
func (r *ebpfReceiver) exportFailed(md pmetric.Metrics, nowNs uint64) {
	r.exportFailedConnects(r.sumsByProcess(md, semconv.ConnectionsFailed, nowNs))
	r.exportListenerDrops(r.sumsByProcess(md, semconv.ListenerDrops, nowNs))
}

func (r *ebpfReceiver) exportFailedConnects(pointOf func(*process.Identity, uint64) pmetric.NumberDataPoint) {
	failures, err := r.capture.Failures()
	if err != nil {
		r.set.Logger.Error("Could not list all failed connects", zap.Error(err))
	}
	for _, f := range failures {
		id := r.processes.Get(f.Process)
		if !r.watch.wants(f.Process, id, f.Remote.Port()) {
			continue
		}
		dp := pointOf(id, f.Count)
		dp.Attributes().PutStr(semconv.ErrorType, f.Reason)
		if f.Remote.IsValid() {
			dp.Attributes().PutStr(semconv.ServerAddress, f.Remote.Addr().String())
			dp.Attributes().PutInt(semconv.ServerPort, int64(f.Remote.Port()))
		}
	}
}

func (r *ebpfReceiver) exportListenerDrops(pointOf func(*process.Identity, uint64) pmetric.NumberDataPoint) {
	drops, err := r.capture.ListenerDrops()
	if err != nil {
		r.set.Logger.Error("Could not read what listeners dropped", zap.Error(err))
	}
	for listener, n := range drops {
		id := r.processes.Get(listener.Process)
		if !r.watch.wants(listener.Process, id, listener.Port) {
			continue
		}
		dp := pointOf(id, n)
		if listener.Port != 0 {
			dp.Attributes().PutInt(semconv.ServerPort, int64(listener.Port))
		}
	}
}

// sumsByProcess returns what makes a data point of a cumulative sum of connections,
// with the resource of a process.
func (r *ebpfReceiver) sumsByProcess(md pmetric.Metrics, name string, nowNs uint64) func(*process.Identity, uint64) pmetric.NumberDataPoint {
	points := map[*process.Identity]pmetric.NumberDataPointSlice{}
	return func(id *process.Identity, n uint64) pmetric.NumberDataPoint {
		slice, ok := points[id]
		if !ok {
			rm := md.ResourceMetrics().AppendEmpty()
			id.PutResource(rm.Resource())
			sm := rm.ScopeMetrics().AppendEmpty()
			sm.Scope().SetName(metadata.ScopeName)
			sm.Scope().SetVersion(r.set.BuildInfo.Version)
			m := sm.Metrics().AppendEmpty()
			m.SetName(name)
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
		dp.SetIntValue(int64(n))
		return dp
	}
}

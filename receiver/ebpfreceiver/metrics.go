// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// processGrace is how long the identity and the aggregates of an ended process
// are kept for what was still on its way.
const processGrace = 30 * time.Second

// countLoop reads the kernel's aggregates and sends metrics, until the receiver
// stops.
func (r *ebpfReceiver) countLoop() {
	defer r.goroutine.Done()
	tick := time.NewTicker(r.cfg.FlushInterval)
	defer tick.Stop()
	exported := time.Now()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
		}
		full := time.Since(exported) >= r.cfg.MetricsInterval
		if full {
			exported = time.Now()
		}
		r.sendMetrics(full)
		if full {
			for _, p := range r.capture.Ended(processGrace) {
				if id := r.processes.Forget(p); id != nil && r.durations != nil {
					r.durations.Forget(id)
				}
			}
		}
	}
}

// sendMetrics sends what became no span since the last call, and, if full, the
// cumulative histograms and the open exchanges.
func (r *ebpfReceiver) sendMetrics(full bool) {
	clock := r.clock
	nowNs := clock.Unix(clock.Sync())
	aggregates, err := r.capture.Aggregates()
	if err != nil {
		r.set.Logger.Error("Could not read all of the kernel's aggregates: the rest follows", zap.Error(err))
	}
	md := pmetric.NewMetrics()
	r.unspannedMu.Lock()
	for i := range aggregates {
		id := r.processes.Get(aggregates[i].Key.Process)
		spilled := spilledOf(&aggregates[i])
		if r.durations != nil {
			r.durations.RecordSpilled(id, &spilled, r.sinceNs)
		}
		r.unspanned.AddSpilled(id, &spilled)
	}
	if r.metrics != nil {
		r.unspanned.Export(md, metadata.ScopeName, r.set.BuildInfo.Version, r.sinceNs, nowNs)
	}
	r.sinceNs = nowNs
	r.unspannedMu.Unlock()
	if r.metrics == nil {
		return
	}
	if full {
		r.durations.Export(md, metadata.ScopeName, r.set.BuildInfo.Version, nowNs)
		r.exportOpen(md, nowNs)
	}
	r.consumeMetrics(md)
}

func (r *ebpfReceiver) consumeMetrics(md pmetric.Metrics) {
	n := md.DataPointCount()
	if n == 0 {
		return
	}
	ctx := r.obs.StartMetricsOp(context.Background())
	err := r.metrics.ConsumeMetrics(ctx, md)
	r.obs.EndMetricsOp(ctx, transport, n, err)
	if err != nil {
		r.telemetry.ReceiverEbpfRefusedPoints.Add(ctx, int64(n))
		r.set.Logger.Error("The next consumer refused metrics", zap.Int("data_points", n), zap.Error(err))
	}
}

// exportOpen writes the gauge of open exchanges by process. A process that was
// reported before and has none any more is reported with zero once.
func (r *ebpfReceiver) exportOpen(md pmetric.Metrics, nowNs uint64) {
	list, err := r.capture.OpenExchanges()
	if err != nil {
		r.set.Logger.Error("Could not list the open exchanges", zap.Error(err))
		return
	}
	counts := map[openKey]int64{}
	for key := range r.openBefore {
		counts[key] = 0
	}
	for i := range list {
		counts[openKey{r.processes.Get(list[i].Process), kindOf(list[i].Role), familyOf(list[i].Protocol)}]++
	}
	clear(r.openBefore)
	for key, n := range counts {
		rm := md.ResourceMetrics().AppendEmpty()
		key.process.PutResource(rm.Resource())
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName(metadata.ScopeName)
		sm.Scope().SetVersion(r.set.BuildInfo.Version)
		m := sm.Metrics().AppendEmpty()
		m.SetName(semconv.OpenExchanges)
		m.SetUnit("{exchange}")
		dp := m.SetEmptyGauge().DataPoints().AppendEmpty()
		dp.SetTimestamp(pcommon.Timestamp(nowNs))
		dp.SetIntValue(n)
		dp.Attributes().PutStr(semconv.Kind, key.kind.String())
		dp.Attributes().PutStr(semconv.Protocol, key.family)
		if n > 0 {
			r.openBefore[key] = struct{}{}
		}
	}
}

type openKey struct {
	process *process.Identity
	kind    protocol.Kind
	family  string
}

// familyOf returns the value of sloe.protocol of a protocol that the kernel
// detected.
func familyOf(detected uint8) string {
	if detected == record.ProtocolHTTP1 {
		return semconv.ProtocolHTTP
	}
	return ""
}

func spilledOf(a *capture.Aggregate) histograms.Spilled {
	sp := histograms.Spilled{
		Kind:        kindOf(a.Key.Role),
		Family:      familyOf(a.Key.Protocol),
		Metric:      semconv.HTTPServerRequestDuration,
		Outcome:     outcomeOf(a.Key.Outcome),
		StatusClass: semconv.StatusClassUnknown,
		Count:       a.Count,
		Sum:         a.Sum,
		Buckets:     a.Buckets,
		Queue:       a.Queue,
		QueueSum:    a.QueueSum,
		Felt:        a.Felt,
		FeltSum:     a.FeltSum,
	}
	if sp.Kind == protocol.Client {
		sp.Metric = semconv.HTTPClientRequestDuration
	}
	if a.Key.StatusClass != 0 {
		sp.StatusClass = strconv.Itoa(int(a.Key.StatusClass)) + "xx"
	}
	return sp
}

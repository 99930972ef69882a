// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// processGrace is how long the identity and the aggregates of an ended process
// are kept for what was still on its way.
const processGrace = 30 * time.Second

// countLoop reads the kernel's aggregates, sends metrics, and follows the process
// lists, until the receiver stops.
func (r *ebpfReceiver) countLoop(host component.Host) {
	defer r.goroutine.Done()
	r.counting.pin()
	tick := time.NewTicker(r.cfg.FlushInterval)
	defer tick.Stop()
	var look <-chan time.Time // never, unless there is a file of lists
	if r.lists != nil {
		reload := time.NewTicker(r.cfg.Processes.ReloadInterval)
		defer reload.Stop()
		look = reload.C
	}
	exported := time.Now()
	for {
		select {
		case <-r.stop:
			return
		case <-look:
			r.sendMetrics(false) // what the kernel counted up to now was wanted
			r.followLists(host)
			continue
		case <-tick.C:
		}
		full := time.Since(exported) >= r.cfg.MetricsInterval
		if full {
			exported = time.Now()
		}
		r.sendMetrics(full)
		r.counting.measure()
		if full {
			if r.watch != nil { // also those that have not answered yet
				r.capture.Processes(r.watch.see)
			}
			for _, p := range r.capture.Ended(r.readNs.Load(), processGrace) {
				r.watch.forget(p)
				if id := r.processes.Forget(p); id != nil {
					r.forget(id)
				}
			}
		}
	}
}

// forget drops what is kept of a process that is gone, or left out.
func (r *ebpfReceiver) forget(id *process.Identity) {
	r.routes.forget(id)
	if r.durations != nil {
		r.durations.Forget(id)
	}
}

// sendMetrics takes what the kernel counted and tells it.
func (r *ebpfReceiver) sendMetrics(full bool) (held uint64) {
	if err := r.capture.Sweep(full); err != nil {
		r.set.Logger.Error("Could not look after the Unix sockets: the next time", zap.Error(err))
	}
	aggregates, err := r.capture.Aggregates()
	if err != nil {
		r.set.Logger.Error("Could not read all of the kernel's aggregates: the rest follows", zap.Error(err))
	}
	r.takeSpilled(aggregates)
	unmeasured, err := r.capture.Unmeasured()
	if err != nil {
		r.set.Logger.Error("Could not read all of what was not measured: the rest follows", zap.Error(err))
	}
	r.takeUnmeasured(unmeasured)
	if r.metrics == nil {
		return 0
	}
	return r.tell(full)
}

// tell sends what became no span and was not told yet, and, if full, the
// cumulative histograms and the open exchanges. It returns how many exchanges the
// next consumer refused to be told of: they are told again next time.
func (r *ebpfReceiver) tell(full bool) (held uint64) {
	md := pmetric.NewMetrics()
	r.backlogMu.Lock()
	nowNs := r.clock.Unix(r.clock.Sync()) // behind the end of every call that is in the backlog
	told := r.backlog.Take()
	told.Export(md, metadata.ScopeName, r.set.BuildInfo.Version, r.sinceNs, nowNs)
	r.sinceNs = nowNs
	r.backlogMu.Unlock()
	if full {
		r.durations.Export(md, metadata.ScopeName, r.set.BuildInfo.Version, nowNs)
		r.exportOpen(md, nowNs)
		r.exportFailed(md, nowNs)
	}
	if !r.consumeMetrics(md) {
		held = told.Count()
		r.backlogMu.Lock()
		r.backlog.Return(told)
		r.backlogMu.Unlock()
	}
	r.held.Store(int64(held))
	return held
}

// takeSpilled takes what the kernel counted, in the minute of now.
func (r *ebpfReceiver) takeSpilled(aggregates []capture.Aggregate) {
	nowNs := r.clock.Unix(r.clock.Sync())
	for i := range aggregates {
		id := r.processes.Get(aggregates[i].Key.Process)
		if !r.watch.wantsAggregate(&aggregates[i].Key, id) {
			r.watch.countExcluded(id, spilled, aggregates[i].Count)
			continue
		}
		if r.metrics == nil {
			r.telemetry.ReceiverEbpfUncounted.Add(context.Background(), int64(aggregates[i].Count), uncountedNoPipeline)
			continue
		}
		spilled := spilledOf(&aggregates[i])
		r.durations.RecordSpilled(id, &spilled, r.sinceNs)
		r.backlogMu.Lock()
		r.backlog.At(nowNs).AddSpilled(id, &spilled)
		r.backlogMu.Unlock()
	}
}

// lastPatience bounds the stop if the next consumer refuses the last counts; a
// memory_limiter may come round.
const lastPatience = 5 * time.Second

// sendLast tells what is left, again and again if it is refused, for a while.
func (r *ebpfReceiver) sendLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastPatience)
	defer cancel()
	for {
		held := r.sendMetrics(true)
		if held == 0 {
			return
		}
		select {
		case <-time.After(r.cfg.FlushInterval):
		case <-ctx.Done():
			r.telemetry.ReceiverEbpfUncounted.Add(context.Background(), int64(held), uncountedStop)
			r.set.Logger.Error("The next consumer refused the last counts: no indicator has them", zap.Uint64("exchanges", held))
			return
		}
	}
}

// consumeMetrics sends metrics on. It reports false for metrics that were refused
// and not counted by sli.
func (r *ebpfReceiver) consumeMetrics(md pmetric.Metrics) bool {
	n := md.DataPointCount()
	if n == 0 {
		return true
	}
	ctx, receipt := slo.WithReceipt(r.obs.StartMetricsOp(context.Background()))
	err := r.metrics.ConsumeMetrics(ctx, md)
	r.obs.EndMetricsOp(ctx, transport, n, err)
	if err == nil {
		return true
	}
	r.telemetry.ReceiverEbpfRefusedPoints.Add(ctx, int64(n))
	counted := receipt.Counted() > 0
	r.set.Logger.Error("The next consumer refused metrics", zap.Int("data_points", n), zap.Bool("counted_by_sli", counted), zap.Error(err))
	return counted
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
		id := r.processes.Get(list[i].Process)
		if !r.watch.wants(list[i].Process, id, list[i].Port) {
			continue
		}
		counts[openKey{id, kindOf(list[i].Role), familyOf(list[i].Protocol)}]++
	}
	r.addOpenStreams(counts)
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
	return registry.Of(detected).Family
}

func spilledOf(a *capture.Aggregate) histograms.Spilled {
	sp := histograms.Spilled{
		Kind:        kindOf(a.Key.Role),
		Outcome:     outcomeOf(a.Key.Outcome),
		StatusClass: semconv.StatusClassUnknown,
		Count:       a.Count,
		Sum:         a.Sum,
		Buckets:     a.Buckets,
		Queue:       a.Queue,
		QueueSum:    a.QueueSum,
		Felt:        a.Felt,
		FeltSum:     a.FeltSum,
		Waits:       a.Key.Waits != 0,
	}
	describe(&sp, registry.Of(a.Key.Protocol))
	switch class := a.Key.StatusClass; class {
	case 0:
	case record.ClassOK:
		sp.StatusClass = semconv.StatusClassOK
	case record.ClassFailed:
		sp.StatusClass = semconv.StatusClassError
	default:
		sp.StatusClass = strconv.Itoa(int(class)) + "xx"
	}
	return sp
}

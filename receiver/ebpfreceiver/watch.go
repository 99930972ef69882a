// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/filter"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// watch decides whose exchanges are counted. The kernel obeys its verdicts and
// spares the work; what came before there was one is decided here, so that nothing
// of a process that is left out is sent on, and nothing of the others is lost.
//
// It may be used from any goroutine. A nil watch wants everything.
type watch struct {
	kernel    verdicts
	processes *process.Registry
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger

	mu         sync.RWMutex
	policy     *filter.Policy
	generation uint32
	verdicts   map[record.Process]filter.Verdict
	refused    bool // the kernel did not take a verdict: said once
}

// verdicts is what the kernel offers: see capture.Capture.
type verdicts interface {
	Knows(record.Process) bool
	SetVerdict(record.Process, capture.Verdict) error
	SetPortMasks(func(port uint16) uint64) error
	SetFilterGeneration(uint32) error
}

// Ways of what is excluded.
const (
	delivered = "delivered"
	spilled   = "spilled"
)

func newWatch(kernel verdicts, processes *process.Registry, telemetry *metadata.TelemetryBuilder, logger *zap.Logger) *watch {
	return &watch{kernel: kernel, processes: processes, telemetry: telemetry, logger: logger, verdicts: map[record.Process]filter.Verdict{}}
}

// apply puts lists in force, for the processes that are known too. It returns those
// that are left out from now on and were not before.
func (w *watch) apply(lists *filter.Lists) (gone []*process.Identity, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	policy, err := filter.Compile(lists, w.policy)
	if err != nil {
		return nil, err
	}
	before := w.policy
	if policy.NeedsPorts() || before != nil && before.NeedsPorts() {
		// the old bits too: the old verdicts are in force until each is replaced
		err := w.kernel.SetPortMasks(func(port uint16) uint64 {
			if before == nil {
				return policy.PortMask(port)
			}
			return policy.PortMask(port) | before.PortMask(port)
		})
		if err != nil {
			return nil, err
		}
	}
	w.policy = policy
	for p, old := range w.verdicts {
		id := w.processes.Get(p)
		if v := w.decide(p, id); filter.LeavesOut(v) && !filter.LeavesOut(old) {
			gone = append(gone, id)
		}
	}
	w.generation++
	return gone, w.kernel.SetFilterGeneration(w.generation)
}

// decide makes the verdict on a process and tells it to the kernel. Of a process
// of which nothing is known nothing can be said: it is left out if any list could
// have done so. Lock held.
func (w *watch) decide(p record.Process, id *process.Identity) filter.Verdict {
	if id.Unknown() {
		w.verdicts[p] = w.policy.Unknown()
		return w.verdicts[p]
	}
	v := w.policy.Decide(id)
	w.verdicts[p] = v
	if !w.kernel.Knows(p) {
		return v // it ended, or there was no room for it: nobody would delete the verdict
	}
	if err := w.kernel.SetVerdict(p, v); err != nil && !w.refused {
		w.refused = true
		w.logger.Warn("The kernel did not take a verdict on a process: the receiver decides its requests one by one. Further cases are not logged.", zap.Error(err))
	}
	return v
}

// of returns the verdict on a process and the policy that it is of.
func (w *watch) of(p record.Process, id *process.Identity) (filter.Verdict, *filter.Policy) {
	w.mu.RLock()
	v, ok := w.verdicts[p]
	policy := w.policy
	w.mu.RUnlock()
	if ok {
		return v, policy
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.decide(p, id), w.policy
}

// wants tells whether an exchange of a process on the server's port is to be
// counted.
func (w *watch) wants(p record.Process, id *process.Identity, port uint16) bool {
	if w == nil {
		return true
	}
	v, policy := w.of(p, id)
	return filter.Wants(v, policy.PortMask(port))
}

// wantsAggregate is wants for exchanges that spilled: what was decided in the
// kernel, on the port too, stays so unless the process is left out now.
func (w *watch) wantsAggregate(key *capture.AggregateKey, id *process.Identity) bool {
	if w == nil {
		return true
	}
	if key.Process == (record.Process{}) { // the map was full, and the process is lost
		return key.Undecided == 0
	}
	v, policy := w.of(key.Process, id)
	if key.Undecided == 0 {
		return !filter.LeavesOut(v)
	}
	return filter.Wants(v, policy.PortMask(key.Port))
}

// wantsUnmeasured is wants for what was not measured: ports that are left out were
// left out in the kernel, as soon as it knew.
func (w *watch) wantsUnmeasured(p record.Process, id *process.Identity) bool {
	if w == nil || p == (record.Process{}) { // of a full map: nobody's
		return true
	}
	v, _ := w.of(p, id)
	return !filter.LeavesOut(v)
}

// see decides on a process at its first sight, before any exchange of it ended.
func (w *watch) see(p record.Process) {
	if w != nil {
		w.of(p, w.processes.Get(p))
	}
}

// forget drops a process that ended.
func (w *watch) forget(p record.Process) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.verdicts, p)
}

// countExcluded counts exchanges that are not wanted.
func (w *watch) countExcluded(id *process.Identity, way string, n uint64) {
	reason := "list"
	if id.Unknown() {
		reason = "unknown_process"
	}
	w.telemetry.ReceiverEbpfExchangesExcluded.Add(context.Background(), int64(n),
		metric.WithAttributes(attribute.String("reason", reason), attribute.String("way", way)))
}

// startWatch puts the configured lists in force before the first record is read.
func (r *ebpfReceiver) startWatch() error {
	if !r.cfg.Processes.filters() {
		return nil
	}
	lists := &r.cfg.Processes.Lists
	if r.cfg.Processes.File != "" {
		r.lists = &filter.File{Path: r.cfg.Processes.File}
		var err error
		if lists, _, err = r.lists.Read(); err != nil {
			return fmt.Errorf("`processes::file`: %w", err)
		}
	}
	r.watch = newWatch(r.capture, r.processes, r.telemetry, r.set.Logger)
	if _, err := r.watch.apply(lists); err != nil {
		return fmt.Errorf("put the process lists in force: %w", err)
	}
	return nil
}

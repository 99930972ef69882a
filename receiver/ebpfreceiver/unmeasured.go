// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Reasons of sloe.unmeasured that user space finds; the kernel's are in bpf/reasons.go.
const (
	unmeasuredPipelined = "pipelined"
	unmeasuredUnparsed  = "unparsed"
	unmeasuredStream    = "stream"
)

// missed counts exchanges of a process that were not measured, in the minute of a
// time. It may be called from any goroutine.
func (r *ebpfReceiver) missed(id *process.Identity, unixNano uint64, what histograms.Unmeasured, n uint64) {
	if n == 0 {
		return
	}
	r.telemetry.ReceiverEbpfUnmeasured.Add(context.Background(), int64(n), metric.WithAttributes(attribute.String("reason", what.Reason)))
	if r.metrics == nil {
		return // nobody to tell
	}
	r.backlogMu.Lock()
	r.backlog.At(unixNano).AddUnmeasured(id, what, n)
	r.backlogMu.Unlock()
}

// missedExchange counts what an exchange that was delivered held and that became no
// call.
func (r *ebpfReceiver) missedExchange(e *record.Exchange, reason string, n uint64) {
	if n == 0 {
		return
	}
	what := histograms.Unmeasured{Kind: kindOf(e.Role).String(), Family: familyOf(e.Protocol), Reason: reason}
	r.missed(r.processes.Get(e.Process), r.clock.Unix(e.EndNs), what, n)
}

// takeUnmeasured takes what the kernel noticed, in the minute of now.
func (r *ebpfReceiver) takeUnmeasured(all []capture.Unmeasured) {
	nowNs := r.clock.Unix(r.clock.Sync())
	for i := range all {
		u := &all[i]
		id := r.processes.Get(u.Key.Process)
		if !r.watch.wantsUnmeasured(u.Key.Process, id) {
			continue
		}
		what := histograms.Unmeasured{Family: familyOf(u.Key.Protocol), Reason: u.Reason()}
		switch u.Key.Role {
		case record.RoleServer:
			what.Kind = protocol.Server.String()
		case record.RoleClient:
			what.Kind = protocol.Client.String()
		}
		r.missed(id, nowNs, what, u.Count)
	}
}

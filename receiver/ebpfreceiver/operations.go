// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"time"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/conn"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// onOperations makes a call of each operation of a turn that was captured, the first
// of which r.call is, and counts the others by the numbers that the kernel has of
// them.
func (r *ebpfReceiver) onOperations(e *record.Exchange, sequence protocol.Sequence, result protocol.Result) {
	operations := r.turn.Operations
	var made, ok, failed uint64
	waits := false
	// of several with an answer that is not known the kernel's numbers say more than the one call does
	for operations.Asked <= 1 || r.call.StatusClass != semconv.StatusClassUnknown || r.turn.Outcome != protocol.Answered {
		switch r.call.StatusClass {
		case semconv.StatusClassOK:
			ok++
		case semconv.StatusClassError:
			failed++
		}
		made++
		waits = waits || r.call.Waits
		if r.turn.Unremembered {
			r.telemetry.ReceiverEbpfStatementsUnknown.Add(context.Background(), 1)
		}
		r.complete(e, r.call)
		if operations.Asked > 1 {
			result = protocol.Whole // the end of each is not told apart: that of the turn so far
		}
		r.conclude(e, r.call, result)
		if made >= operations.Asked {
			break
		}
		r.call.Reset()
		if !sequence.Next(&r.turn, r.call) {
			break
		}
	}
	r.countCalls(made)
	if made < operations.Asked {
		r.addRest(e, operations.RestOf(made, ok, failed), waits)
	}
}

// countCalls counts what makes the calls of an exchange other than one.
func (r *ebpfReceiver) countCalls(made uint64) {
	switch made {
	case 0:
		r.telemetry.ReceiverEbpfExchangesUnnamed.Add(context.Background(), 1)
	case 1:
	default:
		r.telemetry.ReceiverEbpfCallsFurther.Add(context.Background(), int64(made-1))
	}
}

// addRest counts the operations of a turn that are known by their number only. Those
// that were not answered yet wait for the rest of the response. waits: one of the turn's
// operations waited for others, and all of them have the turn's times.
func (r *ebpfReceiver) addRest(e *record.Exchange, rest protocol.Rest, waits bool) {
	r.telemetry.ReceiverEbpfOperationsUnnamed.Add(context.Background(), int64(rest.OK+rest.Failed+rest.Unknown))
	id := r.processes.Get(e.Process)
	call := protocol.Call{Waits: waits}
	r.complete(e, &call)
	entry := registry.Of(e.Protocol)
	call.Family = entry.Family
	r.addUnnamed(id, &call, entry, semconv.StatusClassOK, rest.OK)
	r.addUnnamed(id, &call, entry, semconv.StatusClassError, rest.Failed)
	if rest.Unknown == 0 {
		return
	}
	if r.turn.Operations.Complete || call.Outcome != protocol.Answered {
		r.addUnnamed(id, &call, entry, semconv.StatusClassUnknown, rest.Unknown)
		return
	}
	call.StatusClass = semconv.StatusClassUnknown
	r.pending.Add(&conn.Held{
		Call: &call, Process: id, Conn: e.Conn, Sequence: e.Sequence, EndNs: e.EndNs,
		Rest: rest.Unknown, FailedBefore: r.turn.Operations.Failed, Protocol: e.Protocol,
	}, e.ResponseBytes, r.nowNs)
}

// releaseRest counts operations that were waited for.
func (r *ebpfReceiver) releaseRest(h *conn.Held) {
	entry := registry.Of(h.Protocol)
	if h.Call.StatusClass == semconv.StatusClassUnknown {
		r.addUnnamed(h.Process, h.Call, entry, semconv.StatusClassUnknown, h.Rest)
		return
	}
	r.addUnnamed(h.Process, h.Call, entry, semconv.StatusClassOK, h.Rest-h.RestFailed)
	r.addUnnamed(h.Process, h.Call, entry, semconv.StatusClassError, h.RestFailed)
}

// addUnnamed counts n operations that ended alike, with the times of call, like those
// that the kernel counted.
func (r *ebpfReceiver) addUnnamed(id *process.Identity, call *protocol.Call, entry registry.Entry, class string, n uint64) {
	if n == 0 {
		return
	}
	if r.metrics == nil {
		r.telemetry.ReceiverEbpfUncounted.Add(context.Background(), int64(n), uncountedNoPipeline)
		return
	}
	sp := histograms.Spilled{Kind: call.Kind, Outcome: call.Outcome, StatusClass: class, Waits: call.Waits}
	describe(&sp, entry)
	r.durations.AddAlike(&sp, n, time.Duration(call.EndUnixNano-call.StartUnixNano), time.Duration(call.QueueNs), call.QueueKnown)
	r.durations.RecordSpilled(id, &sp, call.StartUnixNano)
	r.backlogMu.Lock()
	r.backlog.At(call.EndUnixNano).AddSpilled(id, &sp)
	r.backlogMu.Unlock()
}

// describe writes what all exchanges of a protocol have in common.
func describe(sp *histograms.Spilled, entry registry.Entry) {
	sp.Family, sp.System = entry.Family, entry.System
	sp.Metric = entry.ServerMetric
	if sp.Kind == protocol.Client {
		sp.Metric = entry.ClientMetric
	}
}

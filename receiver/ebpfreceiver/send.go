// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// sent is what is kept of a span until the next consumer has taken it: enough to
// count it otherwise. The span itself belongs to the consumer then.
type sent struct {
	process             *process.Identity
	family, statusClass string
	start, end, queueNs uint64
	queueKnown, waits   bool
	kind                protocol.Kind
	outcome             protocol.Outcome
}

func sentOf(id *process.Identity, call *protocol.Call) sent {
	return sent{
		process: id, family: call.Family, statusClass: call.StatusClass, kind: call.Kind, outcome: call.Outcome,
		start: call.StartUnixNano, end: call.EndUnixNano, queueNs: call.QueueNs, queueKnown: call.QueueKnown, waits: call.Waits,
	}
}

// call returns what is counted of it.
func (s *sent) call() protocol.Call {
	return protocol.Call{
		Family: s.family, StatusClass: s.statusClass, Kind: s.kind, Outcome: s.outcome,
		StartUnixNano: s.start, EndUnixNano: s.end, QueueNs: s.queueNs, QueueKnown: s.queueKnown, Waits: s.waits,
	}
}

// Values of the attribute counted of receiver_ebpf_refused_spans: by whom spans
// are counted that were refused.
var (
	refusedUnspanned = metric.WithAttributes(attribute.String("counted", "unspanned"))
	refusedBySLI     = metric.WithAttributes(attribute.String("counted", "sli"))
	refusedPartly    = metric.WithAttributes(attribute.String("counted", "partly"))
	refusedUncounted = metric.WithAttributes(attribute.String("counted", "nowhere"))
)

// Reasons of receiver_ebpf_uncounted.
var (
	uncountedNoPipeline = metric.WithAttributes(attribute.String("reason", "no_metrics_pipeline"))
	uncountedStop       = metric.WithAttributes(attribute.String("reason", "stop"))
)

// addSpan makes a span of the call. A full batch is sent at once: between two looks
// of the reading loop a peer that opens and resets streams can make spans by the
// hundred thousand, of one full ring.
func (r *ebpfReceiver) addSpan(id *process.Identity, call *protocol.Call) {
	r.batch.Add(id, call)
	r.sent = append(r.sent, sentOf(id, call))
	if r.batch.Len() >= maxBatch {
		r.sendSpans()
	}
}

// sendSpans sends the batch on. Spans that are refused are counted otherwise,
// unless sli has counted them: a refusal costs spans, and no count.
func (r *ebpfReceiver) sendSpans() {
	if r.batch.Len() == 0 {
		return
	}
	traces, n := r.batch.Take()
	ctx, receipt := slo.WithReceipt(r.obs.StartTracesOp(context.Background()))
	err := r.traces.ConsumeTraces(ctx, traces)
	r.obs.EndTracesOp(ctx, transport, n, err)
	counted := receipt.Counted()
	if err == nil {
		r.counters = max(r.counters, counted)
		r.endPause()
	} else {
		r.refused(ctx, counted, err)
	}
	clear(r.sent)
	r.sent = r.sent[:0]
}

func (r *ebpfReceiver) refused(ctx context.Context, counted int, err error) {
	n := int64(len(r.sent))
	switch {
	case counted > 0:
		by := refusedBySLI
		if counted < r.counters {
			by = refusedPartly
		}
		r.telemetry.ReceiverEbpfRefusedSpans.Add(ctx, n, by)
		r.set.Logger.Error("The next consumer refused spans that sli has counted: they are lost to others alone",
			zap.Int64("spans", n), zap.Int("counted_by", counted), zap.Int("of", r.counters), zap.Error(err))
		// counted on the way that was open: to stop sending would close that one too
		return
	case r.metrics == nil:
		r.telemetry.ReceiverEbpfRefusedSpans.Add(ctx, n, refusedUncounted)
	default:
		r.telemetry.ReceiverEbpfRefusedSpans.Add(ctx, n, refusedUnspanned)
	}
	for i := range r.sent {
		call := r.sent[i].call()
		r.addUnspanned(r.sent[i].process, &call)
	}
	if consumererror.IsPermanent(err) {
		// it is about these spans, not about the consumer's state
		r.set.Logger.Error("The next consumer refused spans: they are counted without", zap.Int64("spans", n), zap.Error(err))
		return
	}
	r.beginPause(err)
}

// addUnspanned counts a call of which no span is sent.
func (r *ebpfReceiver) addUnspanned(id *process.Identity, call *protocol.Call) {
	if r.metrics == nil {
		r.telemetry.ReceiverEbpfUncounted.Add(context.Background(), 1, uncountedNoPipeline)
		return
	}
	r.backlogMu.Lock()
	r.backlog.At(call.EndUnixNano).AddCall(id, call)
	r.backlogMu.Unlock()
}

const troubleRefused = "refused"

// beginPause lets the kernel count everything until the next trial.
func (r *ebpfReceiver) beginPause(err error) {
	again := r.pause.wait != 0
	r.pause.refused(r.now())
	r.setPaused(true)
	r.telemetry.ReceiverEbpfPauses.Add(context.Background(), 1)
	r.set.Logger.Warn("The next consumer refuses spans: requests are counted in the kernel, without spans, until the next trial",
		zap.Duration("trial_in", r.pause.wait), zap.Error(err))
	if !again {
		r.troubles.begin(troubleRefused, fmt.Errorf("the next consumer refuses spans: requests are counted without: %w", err))
	}
}

// endPause says that a batch was taken.
func (r *ebpfReceiver) endPause() {
	if r.pause.taken() {
		r.set.Logger.Info("The next consumer takes spans again")
		r.troubles.end(troubleRefused)
	}
}

func (r *ebpfReceiver) setPaused(paused bool) {
	r.paused.Store(paused)
	if err := r.setKernelPaused(paused); err != nil {
		// records still come, and are counted without spans: it only costs more
		r.set.Logger.Error("Could not pause the kernel's records", zap.Error(err))
	}
}

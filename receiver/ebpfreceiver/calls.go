// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"net/netip"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/conn"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Reasons of receiver_ebpf_unparsed and receiver_ebpf_indeterminate.
var (
	unparsedOther        = metric.WithAttributes(attribute.String("reason", "other_protocol"))
	unparsedMalformed    = metric.WithAttributes(attribute.String("reason", "malformed"))
	indeterminateKnown   = metric.WithAttributes(attribute.String("reason", "known"))
	indeterminateAtLeast = metric.WithAttributes(attribute.String("reason", "at_least"))
)

// onSample takes one record of the ring buffer. It is called by the reading
// goroutine only.
func (r *ebpfReceiver) onSample(sample []byte) {
	kind, err := record.KindOf(sample)
	if err == nil {
		switch kind {
		case record.KindExchange:
			if err = record.DecodeExchange(sample, &r.exchange); err == nil {
				r.onExchange(&r.exchange)
			}
		case record.KindTail:
			if err = record.DecodeTail(sample, &r.tail); err == nil {
				r.pending.Tail(&r.tail)
			}
		case record.KindChunk:
			err = r.onChunk(sample)
		default:
			err = record.ErrShort
		}
	}
	if err != nil {
		r.telemetry.ReceiverEbpfUnparsed.Add(context.Background(), 1, unparsedMalformed)
	}
}

func (r *ebpfReceiver) onExchange(e *record.Exchange) {
	r.pending.Next(e.Conn)
	r.lastNs = max(r.lastNs, e.EndNs)
	if r.watch != nil {
		id := r.processes.Get(e.Process)
		if !r.watch.wants(e.Process, id, servicePort(e)) {
			r.watch.countExcluded(id, delivered, 1)
			return
		}
	}
	turn := &r.turn
	fillTurn(turn, e)
	call := r.call
	call.Reset()
	parser := registry.Of(e.Protocol).Parser
	remembering, ok := parser.(protocol.Remembering)
	if ok {
		turn.Memory, turn.Missed = r.memories.Of(e, remembering)
		if e.Operations == 0 {
			remembering.Learn(turn, call)
			r.telemetry.ReceiverEbpfAsides.Add(context.Background(), 1)
			return // an aside asks for nothing that counts
		}
	}
	result := protocol.Invalid
	if parser != nil && e.Flags&record.FlagMismatch == 0 {
		result = parser.Parse(turn, call)
	}
	if result == protocol.Invalid {
		r.telemetry.ReceiverEbpfUnparsed.Add(context.Background(), 1, unparsedOther)
		r.missedExchange(e, unmeasuredUnparsed, 1)
		return
	}
	if sequence, ok := parser.(protocol.Sequence); ok {
		if e.Flags&record.FlagSwitched != 0 {
			result = protocol.Whole // a replica's stream: no tail will tell of an end
		}
		r.onOperations(e, sequence, result)
		return
	}
	r.countFurther(e, turn)
	r.complete(e, call)
	if r.awaitUpgrade(e, parser, call) {
		return
	}
	r.conclude(e, call, result)
}

// complete writes what no parser knows: the times, and how the exchange ended.
func (r *ebpfReceiver) complete(e *record.Exchange, call *protocol.Call) {
	clock := r.clock
	call.Kind, call.Outcome = r.turn.Kind, r.turn.Outcome
	call.StartUnixNano = clock.Unix(e.StartNs)
	call.EndUnixNano = max(clock.Unix(e.EndNs), call.StartUnixNano)
	call.QueueNs, call.QueueKnown = e.QueueNs, e.Flags&record.FlagQueueKnown != 0
	call.StartUnproven = e.Flags&record.FlagEarlyResponse != 0
}

// conclude finishes a call, or holds it until its response has ended.
func (r *ebpfReceiver) conclude(e *record.Exchange, call *protocol.Call, result protocol.Result) {
	if result == protocol.Growing {
		held := *call
		r.call = call.Fresh() // the attributes now belong to the held one
		r.pending.Add(&conn.Held{
			Call: &held, Process: r.processes.Get(e.Process), Conn: e.Conn, Sequence: e.Sequence, EndNs: e.EndNs, Length: r.turn.ResponseLength, Chunked: r.turn.ResponseChunked,
		}, e.ResponseBytes, r.nowNs)
		return
	}
	r.finish(r.processes.Get(e.Process), call, true)
}

// release takes a call whose response ended, or was waited for long enough.
func (r *ebpfReceiver) release(h *conn.Held, ended bool) {
	if h.Upgrade {
		r.releaseUpgrade(h)
		return
	}
	h.Call.EndUnixNano = max(r.clock.Unix(h.EndNs), h.Call.StartUnixNano)
	h.Call.EndUnknown = !ended
	if h.Truncated {
		h.Call.Truncate()
	}
	if h.Rest > 0 {
		r.releaseRest(h)
		return
	}
	r.finish(h.Process, h.Call, true)
}

// finish counts a call: in the histograms always, and as a span if that is wanted,
// or, where none is asked for or taken, as unspanned.
func (r *ebpfReceiver) finish(id *process.Identity, call *protocol.Call, span bool) {
	r.announce.seen(id, call)
	if call.Route != "" {
		r.routes.put(id, call)
	}
	if r.durations != nil {
		r.durations.Record(id, call)
	}
	if span && r.traces != nil && !r.pause.active() {
		r.addSpan(id, call)
		return
	}
	r.addUnspanned(id, call)
}

func (r *ebpfReceiver) countFurther(e *record.Exchange, turn *protocol.Turn) {
	further := turn.Further
	if turn.Further > 0 {
		r.telemetry.ReceiverEbpfIndeterminate.Add(context.Background(), int64(turn.Further), indeterminateKnown)
	}
	if turn.FurtherUnknown {
		r.telemetry.ReceiverEbpfIndeterminate.Add(context.Background(), 1, indeterminateAtLeast)
		further++
	}
	r.missedExchange(e, unmeasuredPipelined, further)
}

// fillTurn makes a turn of an exchange, in place: it is large, and copying pointers
// costs more while the collector of garbage runs.
func fillTurn(turn *protocol.Turn, e *record.Exchange) {
	*turn = protocol.Turn{}
	turn.Kind, turn.Outcome = kindOf(e.Role), outcomeOf(e.Outcome)
	if e.Flags&record.FlagMiddle == 0 { // else what it is made of cannot be told from there on
		turn.Request = e.Request()
	}
	turn.Response = e.Response()
	turn.RequestBytes, turn.ResponseBytes = e.RequestBytes, e.ResponseBytes
	turn.RequestGap = e.Flags&record.FlagRequestGap != 0
	turn.LastChunk = e.Flags&record.FlagLastChunk != 0
	turn.Status = int(e.Status)
	turn.Operations = protocol.Operations{
		Asked: uint64(e.Operations), Answered: uint64(e.Answered), Failed: uint64(e.Failed), Complete: e.Flags&record.FlagComplete != 0,
	}
	if e.IsUnix() {
		turn.Unix, turn.SocketName = true, e.SocketName()
	} else {
		turn.Local = netip.AddrPortFrom(netip.AddrFrom16(e.LocalAddr).Unmap(), e.LocalPort)
		turn.Remote = netip.AddrPortFrom(netip.AddrFrom16(e.RemoteAddr).Unmap(), e.RemotePort)
	}
}

// servicePort is the port of the server's side.
func servicePort(e *record.Exchange) uint16 {
	if e.Role == record.RoleServer {
		return e.LocalPort
	}
	return e.RemotePort
}

func kindOf(role uint8) protocol.Kind {
	if role == record.RoleClient {
		return protocol.Client
	}
	return protocol.Server
}

func outcomeOf(outcome uint8) protocol.Outcome {
	switch outcome {
	case record.AbortedByServer:
		return protocol.AbortedByServer
	case record.AbortedByClient:
		return protocol.AbortedByClient
	}
	return protocol.Answered
}

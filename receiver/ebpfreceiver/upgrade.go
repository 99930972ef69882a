// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/conn"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// awaitUpgrade holds a call whose response said that the connection goes on as HTTP/2: the
// request is answered there. It reports false for any other call.
func (r *ebpfReceiver) awaitUpgrade(e *record.Exchange, parser protocol.Parser, call *protocol.Call) bool {
	upgrader, ok := parser.(protocol.Upgrader)
	if !ok || !multiplexed(r.cfg.Protocols) {
		return false
	}
	u := upgrader.Upgrade(&r.turn)
	if u == nil {
		return false
	}
	u.StartNs, u.QueueNs, u.QueueKnown = e.StartNs, e.QueueNs, e.Flags&record.FlagQueueKnown != 0
	held := *call
	r.call = call.Fresh() // the attributes now belong to the held one
	r.pending.Add(&conn.Held{Call: &held, Process: r.processes.Get(e.Process), Conn: e.Conn, Sequence: e.Sequence, EndNs: e.EndNs, Upgrade: true}, e.ResponseBytes, r.nowNs)
	r.streams.sessions.Upgrade(e.Conn, u)
	return true
}

// StreamUpgraded implements conn.Taker.
func (r *ebpfReceiver) StreamUpgraded(c *conn.Connection, call *protocol.Call) {
	h := r.pending.TakeUpgrade(c.ID())
	switch {
	case h == nil: // counted already: it took too long
	case call == nil:
		r.releaseUpgrade(h)
	default:
		// the kernel sends each, whatever is sampled
		wanted := r.streams.sampler.wants(c.Process, call, r.nowNs, r.ceiling.state.Level)
		call.StartUnixNano = r.clock.Unix(call.StartUnixNano)
		call.EndUnixNano = max(r.clock.Unix(call.EndUnixNano), call.StartUnixNano)
		r.finish(h.Process, call, wanted)
	}
}

// releaseUpgrade counts a request of which no answer is known but the 101.
func (r *ebpfReceiver) releaseUpgrade(h *conn.Held) {
	r.streams.sessions.ForgetUpgrade(h.Conn)
	call := h.Call
	call.EndUnknown, call.StatusClass = true, semconv.StatusClassUnknown
	call.Attributes = slices.DeleteFunc(call.Attributes, func(a protocol.Attribute) bool {
		return a.Key == semconv.HTTPResponseStatusCode || a.Key == semconv.Stream
	})
	r.finish(h.Process, call, true)
}

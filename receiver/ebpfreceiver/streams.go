// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/conn"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// streams are the calls of connections whose protocol multiplexes. The kernel sends
// the bytes, and pairs nothing: what is counted of them is counted here, and so is
// decided which become spans.
type streams struct {
	sessions *conn.Sessions
	chunk    record.Chunk
	sampler  sampler
	// followed and forgotten are the connections, for the telemetry.
	followed  atomic.Int64
	forgotten atomic.Uint64

	openMu sync.Mutex
	open   map[openStreams]int64
}

// openStreams names what is unanswered past stuck_after.
type openStreams struct {
	process record.Process
	kind    protocol.Kind
	family  string
	port    uint16
}

var (
	indeterminateStream = metric.WithAttributes(attribute.String("reason", "stream"))
	streamAnswered      = metric.WithAttributes(attribute.String("outcome", "answered"))
	streamByServer      = metric.WithAttributes(attribute.String("outcome", protocol.AbortedByServer.String()))
	streamByClient      = metric.WithAttributes(attribute.String("outcome", protocol.AbortedByClient.String()))
)

// prepareStreams makes the rooms of the streams.
func (r *ebpfReceiver) prepareStreams() {
	r.streams.sessions = conn.NewSessions(registry.Streams, r, r.newCall())
	r.streams.sampler = newSampler(&r.cfg.Sampling)
	r.streams.open = map[openStreams]int64{}
}

// onChunk takes a chunk of a connection.
func (r *ebpfReceiver) onChunk(sample []byte) error {
	chunk := &r.streams.chunk
	if err := record.DecodeChunk(sample, chunk); err != nil {
		return err
	}
	if !r.streams.sessions.Take(chunk) {
		return record.ErrShort
	}
	r.lastNs = max(r.lastNs, chunk.TimeNs)
	return nil
}

// StreamEnded implements conn.Taker.
func (r *ebpfReceiver) StreamEnded(c *conn.Connection, call *protocol.Call) {
	id := r.processes.Get(c.Process)
	outcome := streamAnswered
	switch call.Outcome {
	case protocol.AbortedByServer:
		outcome = streamByServer
	case protocol.AbortedByClient:
		outcome = streamByClient
	}
	r.telemetry.ReceiverEbpfStreamsEnded.Add(context.Background(), 1, outcome)
	if !r.watch.wants(c.Process, id, c.ServicePort()) {
		r.watch.countExcluded(id, delivered, 1)
		return
	}
	wanted := r.streams.sampler.wants(c.Process, call, r.nowNs, r.ceiling.state.Level)
	clock := r.clock
	call.StartUnixNano = clock.Unix(call.StartUnixNano)
	call.EndUnixNano = max(clock.Unix(call.EndUnixNano), call.StartUnixNano)
	r.finish(id, call, wanted)
}

// StreamsIndeterminate implements conn.Taker.
func (r *ebpfReceiver) StreamsIndeterminate(c *conn.Connection, n uint64) {
	id := r.processes.Get(c.Process)
	if !r.watch.wants(c.Process, id, c.ServicePort()) {
		return
	}
	r.telemetry.ReceiverEbpfIndeterminate.Add(context.Background(), int64(n), indeterminateStream)
	what := histograms.Unmeasured{Reason: unmeasuredStream} // whether it was gRPC is not known
	if kind := c.Kind(); kind != 0 {
		what.Kind = kind.String()
	}
	r.missed(id, r.clock.Unix(r.nowNs), what, n)
}

// StreamBoundary implements conn.Taker.
func (r *ebpfReceiver) StreamBoundary(*conn.Connection) {
	r.telemetry.ReceiverEbpfStreamsBoundary.Add(context.Background(), 1)
}

// lookAfterStreams is called by the reading goroutine now and then.
func (r *ebpfReceiver) lookAfterStreams() {
	s := &r.streams
	if !s.sessions.Expire(r.nowNs) {
		return
	}
	s.followed.Store(int64(s.sessions.Len()))
	s.forgotten.Store(s.sessions.Forgotten())
	s.openMu.Lock()
	defer s.openMu.Unlock()
	clear(s.open)
	s.sessions.Unanswered(r.nowNs-uint64(r.cfg.StuckAfter), func(c *conn.Connection, n int) {
		s.open[openStreams{c.Process, c.Kind(), familyOf(c.Protocol()), c.ServicePort()}] += int64(n)
	})
}

// addOpenStreams adds the streams that are unanswered to the gauge of open
// exchanges.
func (r *ebpfReceiver) addOpenStreams(counts map[openKey]int64) {
	s := &r.streams
	s.openMu.Lock()
	defer s.openMu.Unlock()
	for key, n := range s.open {
		id := r.processes.Get(key.process)
		if r.watch.wants(key.process, id, key.port) {
			counts[openKey{id, key.kind, key.family}] += n
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/conn"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/filter"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/footprint"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/governor"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/spans"
)

// ebpfReceiver has two goroutines: one reads the ring buffer and sends spans, the
// other reads the kernel's aggregates and sends metrics. The second does not wait
// for the first: while the reader is held up, the kernel's counts still arrive.
type ebpfReceiver struct {
	cfg       *Config
	set       receiver.Settings
	telemetry *metadata.TelemetryBuilder
	snapshots snapshots
	obs       *receiverhelper.ObsReport
	traces    consumer.Traces
	metrics   consumer.Metrics

	capture   *capture.Capture
	clock     *capture.Clock
	processes *process.Registry
	watch     *watch                // nil: all processes' requests are counted
	lists     *filter.File          // nil: the lists do not change
	durations *histograms.Durations // nil without a metrics pipeline

	// of the reading goroutine
	pending  *conn.Pending
	memories *conn.Memories
	batch    *spans.Batch
	sent     []sent // of the spans in batch
	counters int    // how many sli count a batch, as seen so far
	pause    pause
	troubles troubles
	ceiling  ceiling
	call     *protocol.Call
	announce *announcer
	routes   *routes
	streams  streams
	exchange record.Exchange
	turn     protocol.Turn
	tail     record.Tail
	nowNs    uint64
	lastNs   uint64 // end of the latest exchange that was read
	now      func() time.Time

	backlogMu sync.Mutex
	backlog   *histograms.Backlog // what became no span and was not told yet
	sinceNs   uint64              // when it was told last, Unix

	// of the counting goroutine
	openBefore  map[openKey]struct{}
	listsBroken bool

	pendingCalls    atomic.Int64
	startedNs       uint64        // when counting began, Unix
	readNs          atomic.Uint64 // monotonic time up to which all records were read
	held            atomic.Int64  // exchanges that were refused and will be told again
	paused          atomic.Bool
	setKernelPaused func(bool) error
	setKernelLevel  func(governor.Level) error
	reading         cpuTime
	counting        cpuTime

	stop      chan struct{}
	goroutine sync.WaitGroup
}

// transport is the value of the attribute of the collector's own receiver metrics.
const transport = "ebpf"

func newReceiver(set receiver.Settings, cfg *Config) (*ebpfReceiver, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	obs, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: set.ID, Transport: transport, ReceiverCreateSettings: set,
	})
	if err != nil {
		return nil, err
	}
	return &ebpfReceiver{cfg: cfg, set: set, telemetry: telemetry, obs: obs, now: time.Now, openBefore: map[openKey]struct{}{}, stop: make(chan struct{})}, nil
}

// Start attaches to the kernel. It fails if the host does not allow that, with
// what is missing.
func (r *ebpfReceiver) Start(_ context.Context, host component.Host) error {
	layout := r.layout(host)
	ports, err := forcedPorts(r.cfg.Ports)
	if err != nil {
		return err
	}
	c, err := capture.Open(capture.Options{
		Backend: r.cfg.Backend, RingBytes: r.cfg.RingBuffer, EdgesNs: layout.All().Nanoseconds(), StuckAfter: r.cfg.StuckAfter, QueueTime: r.cfg.QueueTime,
		Chunks: multiplexed(r.cfg.Protocols), Sampling: r.cfg.Sampling.capture(), Protocols: detected(r.cfg.Protocols), Ports: ports, Filter: r.cfg.Processes.filters(),
	})
	if err != nil {
		return fmt.Errorf("start capturing: %w", err)
	}
	r.capture, r.clock, r.setKernelPaused, r.snapshots.read = c, c.Clock(), c.SetPaused, c.Counters
	r.setKernelLevel = func(l governor.Level) error { return c.Shed(l.Kept(), l >= governor.Spans, l >= governor.Payload) }
	r.troubles.host = host
	r.ceiling.max = r.cfg.MaxCPU
	r.nowNs = r.clock.Sync()
	r.sinceNs = r.clock.Unix(r.nowNs)
	r.startedNs = r.sinceNs
	r.prepare(c.Identity, layout)
	if err := r.startWatch(); err != nil {
		return errors.Join(err, c.Close())
	}
	if err := r.registerTelemetry(); err != nil {
		return errors.Join(err, c.Close())
	}
	if r.metrics == nil {
		r.set.Logger.Info("No metrics pipeline: requests that become no span are counted nowhere (receiver_ebpf_uncounted)")
	}
	for _, reason := range c.PassedOver() {
		r.set.Logger.Info("A back-end does not work on this host", zap.Error(reason))
	}
	r.set.Logger.Info("Counting requests in the kernel",
		zap.String("backend", c.Backend()), zap.Strings("hooks", c.Hooks()), zap.Int("ring_buffer", r.cfg.RingBuffer))
	if err := footprint.Shrink(); err != nil {
		r.set.Logger.Info("More memory is held than need be", zap.Error(err))
	}
	r.goroutine.Add(2)
	go r.readLoop(host)
	go r.countLoop(host)
	return nil
}

// prepare makes the rooms behind the capture.
func (r *ebpfReceiver) prepare(identity process.Lookup, layout *histograms.Layout) {
	r.processes = &process.Registry{Lookup: identity, ProcRoot: "/proc", Pods: &process.Pods{Directory: r.cfg.Processes.PodLogs}}
	r.pending = conn.NewPending(r.release)
	r.memories = conn.NewMemories()
	r.call = r.newCall()
	r.prepareStreams()
	r.announce = newAnnouncer(r.set.Logger)
	r.routes = newRoutes(r.cfg.HTTP.Routes.Max)
	r.batch = spans.NewBatch(metadata.ScopeName, r.set.BuildInfo.Version)
	r.backlog = histograms.NewBacklog(layout.All())
	if r.metrics != nil {
		r.durations = histograms.NewDurations(layout, r.cfg.Metrics.names())
	}
}

// newCall returns an empty call that is asked for what the pipelines take.
func (r *ebpfReceiver) newCall() *protocol.Call {
	return &protocol.Call{Texts: protocol.NewTexts(), SQL: r.cfg.SQL.cache(), HTTP: r.cfg.HTTP.options(), Brief: r.traces == nil, Paths: r.cfg.Metrics.names() != histograms.Stable}
}

// layout has the edges of the conventions, the configuration and the catalogue, if an
// extension has one.
func (r *ebpfReceiver) layout(host component.Host) *histograms.Layout {
	thresholds := append([]time.Duration{}, r.cfg.Thresholds...)
	for _, e := range host.GetExtensions() {
		if c, ok := e.(slo.Catalogue); ok {
			thresholds = append(thresholds, c.Thresholds()...)
		}
	}
	if len(thresholds) == 0 {
		thresholds = defaultThresholds
	}
	layout, left := histograms.NewLayout(thresholds, capture.MaxEdges)
	if len(left) > 0 {
		r.set.Logger.Warn("Too many latency thresholds: what spills is not decided against these",
			zap.Durations("thresholds", left), zap.Int("edges", capture.MaxEdges))
	}
	return layout
}

// defaultThresholds are those of the tiers.
var defaultThresholds = []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}

// readLoop reads the ring buffer until the receiver stops, and the rest then.
func (r *ebpfReceiver) readLoop(host component.Host) {
	defer r.goroutine.Done()
	r.reading.pin()
	flushed := time.Now()
	for {
		select {
		case <-r.stop:
			r.drain()
			return
		default:
		}
		r.nowNs = r.clock.Sync()
		if r.pause.over(r.now()) {
			r.setPaused(false)
		}
		if err := r.capture.Read(r.onSample); err != nil && !errors.Is(err, capture.ErrClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
			return
		}
		r.noteRead(r.capture.RingAvailable() == 0)
		r.pending.Expire(r.nowNs)
		r.lookAfterStreams()
		r.pendingCalls.Store(int64(r.pending.Len()))
		r.reading.measure()
		r.govern(r.nowNs)
		if time.Since(flushed) >= r.cfg.FlushInterval {
			r.sendSpans()
			flushed = time.Now()
		}
	}
}

// noteRead notes up to when all records were read: up to nowNs, which was before
// the read, if nothing is left; else up to the latest of those read, since a record
// is placed after its exchange ended, and records are read in the order of their
// placing.
func (r *ebpfReceiver) noteRead(all bool) {
	if all {
		r.lastNs = max(r.lastNs, r.nowNs)
	}
	r.readNs.Store(r.lastNs)
}

// maxBatch bounds the spans that are held, and sent on at once.
const maxBatch = 2048

// drain takes what the detached hooks left.
func (r *ebpfReceiver) drain() {
	for r.capture.RingAvailable() > 0 {
		if err := r.capture.Drain(r.onSample); err != nil {
			r.set.Logger.Error("Could not read the rest of the ring buffer", zap.Error(err))
			break
		}
		r.sendSpans()
	}
	r.pending.Flush()
	r.sendSpans()
}

// Shutdown detaches, sends on what was captured, and frees everything.
func (r *ebpfReceiver) Shutdown(ctx context.Context) error {
	if r.capture == nil {
		r.telemetry.Shutdown()
		return nil
	}
	err := r.capture.Detach()
	close(r.stop)
	r.goroutine.Wait()
	r.sendLast(ctx)
	r.telemetry.Shutdown()
	return errors.Join(err, r.capture.Close())
}

// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
)

// registerTelemetry observes the kernel's counters.
func (r *ebpfReceiver) registerTelemetry() error {
	t := r.telemetry
	one := func(read func(*capture.Counters) uint64) metric.Int64Callback {
		return r.observe(func(o metric.Int64Observer, c *capture.Counters) { o.Observe(int64(read(c))) })
	}
	return errors.Join(
		t.RegisterReceiverEbpfExchangesOpenedCallback(one(func(c *capture.Counters) uint64 { return c.Opened })),
		t.RegisterReceiverEbpfExchangesBoundaryCallback(one(func(c *capture.Counters) uint64 { return c.Boundary })),
		t.RegisterReceiverEbpfConnectionsMutedCallback(one(func(c *capture.Counters) uint64 { return c.Muted })),
		t.RegisterReceiverEbpfChunksCallback(one(func(c *capture.Counters) uint64 { return c.Chunks })),
		t.RegisterReceiverEbpfConnectionsFollowedCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(r.streams.followed.Load())
			return nil
		}),
		t.RegisterReceiverEbpfConnectionsForgottenCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(r.streams.forgotten.Load()))
			return nil
		}),
		t.RegisterReceiverEbpfExchangesEndedCallback(r.observe(func(o metric.Int64Observer, c *capture.Counters) {
			observeBy(o, "outcome", "answered", c.Answered)
			observeBy(o, "outcome", semconv.AbortedByServer, c.AbortedByServer)
			observeBy(o, "outcome", semconv.AbortedByClient, c.AbortedByClient)
		})),
		t.RegisterReceiverEbpfExchangesPlacedCallback(r.observe(func(o metric.Int64Observer, c *capture.Counters) {
			observeBy(o, "way", "delivered", c.Delivered)
			for reason, n := range c.SpilledBy {
				o.Observe(int64(n), metric.WithAttributes(attribute.String("way", "spilled"), attribute.String("reason", reason)))
			}
		})),
		t.RegisterReceiverEbpfLostCallback(r.observe(func(o metric.Int64Observer, c *capture.Counters) {
			for reason, n := range c.Lost {
				observeBy(o, "reason", reason, n)
			}
		})),
		t.RegisterReceiverEbpfProcessesCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(r.processes.Len()))
			return nil
		}),
		t.RegisterReceiverEbpfMapEntriesCallback(func(_ context.Context, o metric.Int64Observer) error {
			for name, f := range r.capture.Fills() {
				observeBy(o, "map", name, uint64(f.Entries))
			}
			return nil
		}),
		t.RegisterReceiverEbpfMapLimitCallback(func(_ context.Context, o metric.Int64Observer) error {
			for name, f := range r.capture.Fills() {
				observeBy(o, "map", name, uint64(f.Max))
			}
			return nil
		}),
		t.RegisterReceiverEbpfRingUnreadCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(r.capture.RingAvailable()))
			return nil
		}),
		t.RegisterReceiverEbpfCPUTimeCallback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(r.reading.seconds(), metric.WithAttributes(attribute.String("work", "reading")))
			o.Observe(r.counting.seconds(), metric.WithAttributes(attribute.String("work", "counting")))
			return nil
		}),
		t.RegisterReceiverEbpfShedLevelCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(r.ceiling.level.Load())
			return nil
		}),
		t.RegisterReceiverEbpfHeldCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(r.held.Load())
			return nil
		}),
		t.RegisterReceiverEbpfPausedCallback(func(_ context.Context, o metric.Int64Observer) error {
			var paused int64
			if r.paused.Load() {
				paused = 1
			}
			o.Observe(paused)
			return nil
		}),
		t.RegisterReceiverEbpfPendingCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(r.pendingCalls.Load())
			return nil
		}),
	)
}

func (r *ebpfReceiver) observe(write func(metric.Int64Observer, *capture.Counters)) metric.Int64Callback {
	read := r.snapshots.reader()
	return func(_ context.Context, o metric.Int64Observer) error {
		c, err := read()
		if err != nil {
			return err
		}
		write(o, c)
		return nil
	}
}

func observeBy(o metric.Int64Observer, key, value string, n uint64) {
	o.Observe(int64(n), metric.WithAttributes(attribute.String(key, value)))
}

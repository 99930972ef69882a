// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/governor"
)

// cpuTime is what a goroutine of the receiver has used of the CPU, with the
// processors, connectors and exporters that run within its calls. What they hand
// to goroutines of their own, and the garbage collector, is the whole
// collector's.
type cpuTime struct{ used atomic.Int64 } // ns

// pin keeps the calling goroutine on a thread of its own, so that the thread's
// clock is the goroutine's.
func (*cpuTime) pin() { runtime.LockOSThread() }

// measure is called by the pinned goroutine.
func (c *cpuTime) measure() {
	var t unix.Timespec
	// cannot fail for the calling thread
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	c.used.Store(t.Nano())
}

// seconds returns what was used up to the last measurement.
func (c *cpuTime) seconds() float64 { return time.Duration(c.used.Load()).Seconds() }

// cpuWindow is how long the share of the CPU is measured before it is judged:
// longer than a flush, short against the patience of who looks at a graph.
const cpuWindow = time.Second

// ceiling holds the receiver's share of the CPU below max_cpu. It belongs to the
// reading goroutine.
type ceiling struct {
	max   float64 // share of one core, 0: none
	state governor.State

	beganNs uint64 // of the window, monotonic
	before  int64  // CPU time used then

	level atomic.Int64 // the same as state.Level, for the telemetry
}

const troubleCPU = "max_cpu"

// govern ends a window that is full, and tells the hooks what is shed from then
// on.
func (r *ebpfReceiver) govern(nowNs uint64) {
	c := &r.ceiling
	if c.max == 0 {
		return
	}
	elapsed := nowNs - c.beganNs
	if elapsed < uint64(cpuWindow) {
		return
	}
	used := r.reading.used.Load() + r.counting.used.Load()
	share := float64(used-c.before) / float64(elapsed)
	first := c.beganNs == 0
	c.beganNs, c.before = nowNs, used
	if first {
		return // there was no window yet
	}
	before := c.state.Level
	c.state = c.state.Next(share, c.max)
	if c.state.Level != before {
		r.shed(before, share)
	}
}

// shed puts a new level into force.
func (r *ebpfReceiver) shed(before governor.Level, share float64) {
	level := r.ceiling.state.Level
	r.ceiling.level.Store(int64(level))
	if err := r.setKernelLevel(level); err != nil {
		r.set.Logger.Error("Could not tell the kernel what to shed", zap.Error(err))
	}
	fields := []zap.Field{
		zap.Float64("cpu", share), zap.Float64("max_cpu", r.ceiling.max), zap.Int("level", int(level)), zap.Float64("spans_kept", level.Kept()),
		zap.Bool("errors_and_slow_kept", level < governor.Spans), zap.Bool("payload_kept", level < governor.Payload),
	}
	switch {
	case level > before:
		r.telemetry.ReceiverEbpfSheds.Add(context.Background(), 1)
		r.set.Logger.Warn("max_cpu is reached: fewer spans are sent, every request is counted", fields...)
	case level > governor.Nothing:
		r.set.Logger.Info("Below max_cpu: more spans are sent again", fields...)
	default:
		r.set.Logger.Info("Below max_cpu: all spans are sent again", fields...)
	}
	if level == governor.Nothing {
		r.troubles.end(troubleCPU)
	} else if before == governor.Nothing {
		r.troubles.begin(troubleCPU, fmt.Errorf("max_cpu of %v is reached: spans are shed, every request is counted", r.ceiling.max))
	}
}

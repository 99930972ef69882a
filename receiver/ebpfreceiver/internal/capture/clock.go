// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Clock turns the kernel's monotonic nanoseconds into Unix nanoseconds. The
// distance of the two is read anew with every Sync, so that a step of the wall
// clock is followed. The zero Clock is to be synced before use.
type Clock struct {
	offset atomic.Int64
}

// Sync reads the distance of the wall clock from the monotonic one and returns
// the monotonic time.
func (c *Clock) Sync() (monotonicNs uint64) {
	var mono, wall unix.Timespec
	// neither call can fail with these clocks
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono)
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &wall)
	c.offset.Store(wall.Nano() - mono.Nano())
	return uint64(mono.Nano())
}

// Unix returns the wall clock's nanoseconds at a monotonic time.
func (c *Clock) Unix(monotonicNs uint64) uint64 { return uint64(int64(monotonicNs) + c.offset.Load()) }

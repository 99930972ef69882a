// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// processClock is a process's CPU clock of the scheduler (clock_getcpuclockid). It
// is the sum of what /proc/PID/task/*/schedstat tells first, with the time of
// threads that run at the moment, which that file leaves out, and of threads that
// ended.
func processClock(pid int) int32 { return int32(^pid)<<3 | 2 }

// cpuOf returns the CPU time of processes in nanoseconds.
func cpuOf(pids ...int) (int64, error) {
	var sum int64
	for _, pid := range pids {
		var t unix.Timespec
		if err := unix.ClockGettime(processClock(pid), &t); err != nil {
			return 0, fmt.Errorf("reading the CPU time of process %d: %w", pid, err)
		}
		sum += t.Nano()
	}
	return sum, nil
}

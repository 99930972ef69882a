// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"time"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Identity returns what a hook read of a process. It reports false for one that
// the kernel's map had no room for.
func (c *Capture) Identity(p record.Process) (*bpf.SocketProcessIdentity, bool) {
	var raw bpf.SocketProcessIdentity
	if err := c.objects.Processes.Lookup(p, &raw); err != nil {
		return nil, false
	}
	return &raw, true
}

// Knows tells whether a hook read who a process is, and it did not end long ago.
func (c *Capture) Knows(p record.Process) bool {
	_, ok := c.Identity(p)
	return ok
}

// Processes calls f with each process that the kernel knows.
func (c *Capture) Processes(f func(record.Process)) {
	var key record.Process
	var raw bpf.SocketProcessIdentity
	for it := c.objects.Processes.Iterate(); it.Next(&key, &raw); {
		f(key)
	}
}

// Ended removes the processes that ended at least grace before readNs from the
// kernel's maps and returns them. readNs is the monotonic time up to which all
// records were read: a reader that comes late, however late, finds who its records
// are of. The grace lets the last aggregates be taken. It is for the goroutine of
// Aggregates.
func (c *Capture) Ended(readNs uint64, grace time.Duration) []record.Process {
	var ended []record.Process
	var key record.Process
	var raw bpf.SocketProcessIdentity
	var entries int64
	for it := c.objects.Processes.Iterate(); it.Next(&key, &raw); {
		entries++
		if raw.ExitedNs != 0 && raw.ExitedNs+uint64(grace) <= readNs {
			ended = append(ended, key)
		}
	}
	c.fills.processes.Store(entries - int64(len(ended)))
	c.forgetListeners(ended)
	for _, p := range ended {
		c.forgetAggregates(p)
		c.forgetFailures(p)
		c.forgetUnmeasured(p)
		// absent is as good
		_ = c.objects.Buckets.Delete(p)
		_ = c.objects.Processes.Delete(p)
		_ = c.objects.Verdicts.Delete(p)
	}
	return ended
}

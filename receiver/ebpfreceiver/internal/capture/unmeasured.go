// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// UnmeasuredKey tells apart what was not measured: of whom, in which role and
// protocol, and why.
type UnmeasuredKey = bpf.SocketUnmeasuredKey

// Unmeasured is how many exchanges were not measured under a key since the last
// call of Unmeasured. Of connections that cannot be read they are turns.
type Unmeasured struct {
	Key   UnmeasuredKey
	Count uint64
}

// Reason names why, for people and metrics.
func (u *Unmeasured) Reason() string {
	return bpf.UnmeasuredReasons[bpf.SocketUnmeasuredReason(u.Key.Reason)]
}

// insertAnonymousUnmeasured makes the keys that take the counts of a full map.
func (c *Capture) insertAnonymousUnmeasured() error {
	for reason := range bpf.UnmeasuredReasons {
		if err := c.objects.Unmeasured.Put(UnmeasuredKey{Reason: uint8(reason)}, uint64(0)); err != nil {
			return fmt.Errorf("prepare what is not measured: %w", err)
		}
	}
	return nil
}

// Unmeasured returns what was not measured since the last call. It is for the
// goroutine of Aggregates.
func (c *Capture) Unmeasured() ([]Unmeasured, error) {
	var out []Unmeasured
	var key UnmeasuredKey
	var n uint64
	it := c.objects.Unmeasured.Iterate()
	take := func(key UnmeasuredKey, n uint64) {
		if before := c.missed[key]; n > before {
			c.missed[key] = n
			out = append(out, Unmeasured{key, n - before})
		}
	}
	for it.Next(&key, &n) {
		take(key, n)
	}
	for key, n := range c.vanished.of {
		take(key, n)
	}
	if err := it.Err(); err != nil {
		return out, fmt.Errorf("read what was not measured: %w", err)
	}
	return out, nil
}

// forgetUnmeasured deletes the counts of a process that is gone and was read.
func (c *Capture) forgetUnmeasured(p record.Process) {
	for key := range c.missed {
		if key.Process == p {
			_ = c.objects.Unmeasured.Delete(key) // absent is as good
			delete(c.missed, key)
		}
	}
	for key := range c.vanished.of {
		if key.Process == p {
			_ = c.objects.UnixExchanges.Delete(key)
			delete(c.vanished.of, key)
		}
	}
}

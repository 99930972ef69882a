// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/sloe-dev/sloe/bpf"
)

// Counters are what the kernel counted since Open. Ended exchanges are answered
// or aborted, and delivered or spilled: both sums are equal whenever no hook is
// running.
type Counters struct {
	Opened          uint64
	Answered        uint64
	AbortedByServer uint64
	AbortedByClient uint64
	Delivered       uint64
	Spilled         uint64
	Muted           uint64
	Boundary        uint64

	// Lost counts losses by reason.
	Lost map[string]uint64
}

// Ended is the number of exchanges that ended.
func (c *Counters) Ended() uint64 { return c.Answered + c.AbortedByServer + c.AbortedByClient }

// lossReasons are the values of the attribute reason.
var lossReasons = map[bpf.SocketCounter]string{
	bpf.SocketCounterLOSS_TAIL:            "tail_ring_full",
	bpf.SocketCounterLOSS_STORAGE:         "socket_storage",
	bpf.SocketCounterLOSS_AGGREGATES_FULL: "aggregates_full",
	bpf.SocketCounterLOSS_PROCESSES_FULL:  "processes_full",
	bpf.SocketCounterLOSS_UNTRUSTED:       "untrusted_registers",
	bpf.SocketCounterLOSS_FAULT:           "user_memory_fault",
}

// recursionMisses counts runs that the kernel skipped because the program was
// running on the CPU already.
const recursionMisses = "recursion_misses"

// Counters reads the kernel's counters.
func (c *Capture) Counters() (Counters, error) {
	out := Counters{Lost: map[string]uint64{}}
	for counter, to := range map[bpf.SocketCounter]*uint64{
		bpf.SocketCounterCOUNT_OPENED:            &out.Opened,
		bpf.SocketCounterCOUNT_ANSWERED:          &out.Answered,
		bpf.SocketCounterCOUNT_ABORTED_BY_SERVER: &out.AbortedByServer,
		bpf.SocketCounterCOUNT_ABORTED_BY_CLIENT: &out.AbortedByClient,
		bpf.SocketCounterCOUNT_DELIVERED:         &out.Delivered,
		bpf.SocketCounterCOUNT_SPILLED:           &out.Spilled,
		bpf.SocketCounterCOUNT_MUTED:             &out.Muted,
		bpf.SocketCounterCOUNT_BOUNDARY:          &out.Boundary,
	} {
		n, err := c.counter(counter)
		if err != nil {
			return out, err
		}
		*to = n
	}
	for counter, reason := range lossReasons {
		n, err := c.counter(counter)
		if err != nil {
			return out, err
		}
		out.Lost[reason] = n
	}
	for _, p := range []*ebpf.Program{c.objects.SockSend, c.objects.SockRecv, c.objects.SockState, c.objects.SockDestroy, c.objects.SockArrival} {
		stats, err := p.Stats()
		if err != nil {
			return out, fmt.Errorf("read the statistics of %s: %w", p, err)
		}
		out.Lost[recursionMisses] += stats.RecursionMisses
	}
	return out, nil
}

func (c *Capture) counter(counter bpf.SocketCounter) (uint64, error) {
	var cpus []uint64
	if err := c.objects.Counters.Lookup(uint32(counter), &cpus); err != nil {
		return 0, fmt.Errorf("read the counters: %w", err)
	}
	var n uint64
	for _, v := range cpus {
		n += v
	}
	return n, nil
}

func possibleCPUs() int { return ebpf.MustPossibleCPU() }

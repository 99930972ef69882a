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
	Muted           uint64
	Chunks          uint64
	Boundary        uint64

	// SpilledBy counts spilled exchanges by the reason why they got no record.
	SpilledBy map[string]uint64
	// Lost counts losses by reason.
	Lost map[string]uint64
}

// Ended is the number of exchanges that ended.
func (c *Counters) Ended() uint64 { return c.Answered + c.AbortedByServer + c.AbortedByClient }

// Spilled is the number of exchanges that were spilled, for whatever reason.
func (c *Counters) Spilled() uint64 {
	var n uint64
	for _, by := range c.SpilledBy {
		n += by
	}
	return n
}

// Reasons why an exchange is spilled: values of the attribute reason.
const (
	SpilledRingFull    = "ring_full"
	SpilledSampled     = "sampled"
	SpilledRateLimited = "rate_limited"
	SpilledPaused      = "paused"
	SpilledShed        = "shed"
)

// recursionMisses counts runs that the kernel skipped because the program was
// running on the CPU already.
const recursionMisses = "recursion_misses"

// vanishedReason is that of exchanges on Unix sockets whose both ends were closed
// between two sweeps.
const vanishedReason = "unix_closed_unseen"

// Counters reads the kernel's counters, all at once.
func (c *Capture) Counters() (Counters, error) {
	out := Counters{SpilledBy: map[string]uint64{}, Lost: map[string]uint64{}}
	sum, err := c.sums()
	if err != nil {
		return out, err
	}
	for counter, to := range map[bpf.SocketCounter]*uint64{
		bpf.SocketCounterCOUNT_OPENED:            &out.Opened,
		bpf.SocketCounterCOUNT_ANSWERED:          &out.Answered,
		bpf.SocketCounterCOUNT_ABORTED_BY_SERVER: &out.AbortedByServer,
		bpf.SocketCounterCOUNT_ABORTED_BY_CLIENT: &out.AbortedByClient,
		bpf.SocketCounterCOUNT_DELIVERED:         &out.Delivered,
		bpf.SocketCounterCOUNT_MUTED:             &out.Muted,
		bpf.SocketCounterCOUNT_CHUNKS:            &out.Chunks,
		bpf.SocketCounterCOUNT_BOUNDARY:          &out.Boundary,
	} {
		*to = sum.Of[counter]
	}
	for reason, name := range bpf.SpillReasons {
		out.SpilledBy[name] = sum.Of[bpf.SocketCounterCOUNT_SPILLED+bpf.SocketCounter(reason)]
	}
	for counter, reason := range bpf.LossReasons {
		out.Lost[reason] = sum.Of[counter]
	}
	out.Lost[vanishedReason] = c.vanished.n.Load()
	for _, h := range c.hooks {
		stats, err := c.programs[h.Program].Stats()
		if err != nil {
			return out, fmt.Errorf("read the statistics of %s: %w", h, err)
		}
		out.Lost[recursionMisses] += stats.RecursionMisses
	}
	return out, nil
}

func (c *Capture) sums() (bpf.SocketCounterValues, error) { return bpf.SumCounters(c.objects.Counters) }

func possibleCPUs() int { return ebpf.MustPossibleCPU() }

// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Sampling says which exchanges get a record. All others are spilled: no choice
// costs a count.
type Sampling struct {
	// Ratio is the share of exchanges that are wanted, from 0 to 1. It is decided
	// by a hash, the same at both ends of a connection.
	Ratio float64
	// MaxPerSecond bounds the records of one process image, 0: no bound. A second's
	// worth may come at once.
	MaxPerSecond int
	// AlwaysErrors wants every failed exchange, whatever ratio and bound say.
	AlwaysErrors bool
	// AlwaysSlower wants every exchange that took longer, queue time included, up
	// to the first byte of the response. 0: no duration is special.
	AlwaysSlower time.Duration
}

// allHashes is above every hash that is compared with a ratio.
const allHashes = uint64(1) << 32

func (s *Sampling) variables() map[string]any {
	var interval, burst uint64
	if s.MaxPerSecond > 0 {
		interval, burst = uint64(time.Second)/uint64(s.MaxPerSecond), uint64(time.Second)
	}
	var errors uint32
	if s.AlwaysErrors {
		errors = 1
	}
	return map[string]any{
		bpf.SocketVarSampleBelow:    s.below(),
		bpf.SocketVarRateIntervalNs: interval,
		bpf.SocketVarRateBurstNs:    burst,
		bpf.SocketVarAlwaysErrors:   errors,
		bpf.SocketVarAlwaysSlowerNs: uint64(s.AlwaysSlower),
	}
}

func (s *Sampling) below() uint64 { return uint64(s.Ratio * float64(allHashes)) }

// insertSharedBucket makes the bucket of the processes that find no room for one.
func (c *Capture) insertSharedBucket() error {
	if err := c.objects.Buckets.Put(record.Process{}, bpf.SocketBucket{}); err != nil {
		return fmt.Errorf("prepare the rate limits: %w", err)
	}
	return nil
}

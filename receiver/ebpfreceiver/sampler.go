// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/governor"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// maxSampled bounds the processes with a rate of their own; beyond it all begin anew,
// each with a second's worth.
const maxSampled = 16384

// sampler decides which calls become spans that the kernel does not decide about,
// by the same rules (bpf/include/sample.h). It belongs to the reading goroutine.
type sampler struct {
	ratio        float64
	interval     time.Duration // between the spans of one process, on average; 0: no limit
	alwaysErrors bool
	alwaysSlower time.Duration // 0: slow ones are like others
	spentUntil   map[record.Process]uint64
	random       func() float64 // from 0 to 1
}

func newSampler(c *SamplingConfig) sampler {
	s := sampler{
		ratio: c.Ratio, alwaysErrors: slices.Contains(c.Always, alwaysErrors),
		spentUntil: map[record.Process]uint64{}, random: rand.Float64,
	}
	if slices.Contains(c.Always, alwaysSlow) {
		s.alwaysSlower = c.Slow
	}
	if c.MaxPerSecond > 0 {
		s.interval = time.Second / time.Duration(c.MaxPerSecond)
	}
	return s
}

// wants tells whether a call that ended becomes a span.
func (s *sampler) wants(p record.Process, call *protocol.Call, nowNs uint64, level governor.Level) bool {
	if level >= governor.Spans {
		return false
	}
	if s.alwaysErrors && (call.Failed || call.Outcome != protocol.Answered) {
		return true
	}
	if took := time.Duration(call.EndUnixNano - call.StartUnixNano + call.QueueNs); s.alwaysSlower > 0 && took > s.alwaysSlower {
		return true
	}
	if share := s.ratio * level.Kept(); share < 1 && s.random() >= share {
		return false
	}
	return s.interval == 0 || s.takeToken(p, nowNs)
}

// takeToken takes one of a process, as the kernel does: the time up to which its
// spans are spent may run a second ahead.
func (s *sampler) takeToken(p record.Process, nowNs uint64) bool {
	spent, known := s.spentUntil[p]
	if !known && len(s.spentUntil) >= maxSampled {
		clear(s.spentUntil)
	}
	spent = max(spent, nowNs)
	if spent-nowNs+uint64(s.interval) > uint64(time.Second) {
		return false
	}
	s.spentUntil[p] = spent + uint64(s.interval)
	return true
}

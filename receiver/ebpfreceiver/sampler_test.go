// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/governor"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// call of a duration.
func callOf(took time.Duration, failed bool) *protocol.Call {
	return &protocol.Call{StartUnixNano: 1, EndUnixNano: 1 + uint64(took), Failed: failed}
}

func TestSampler(t *testing.T) {
	fast, slow, failed := callOf(time.Millisecond, false), callOf(2*time.Second, false), callOf(time.Millisecond, true)
	queued := callOf(time.Millisecond, false)
	queued.QueueNs, queued.QueueKnown = uint64(2*time.Second), true
	left := callOf(time.Millisecond, false)
	left.Outcome = protocol.AbortedByClient
	always := []string{alwaysErrors, alwaysSlow}
	tests := map[string]struct {
		cfg    SamplingConfig
		level  governor.Level
		random float64
		wanted []*protocol.Call
	}{
		"all":                      {SamplingConfig{Ratio: 1, Slow: time.Second}, 0, 0.999, []*protocol.Call{fast, slow, failed, queued, left}},
		"none":                     {SamplingConfig{Ratio: 0, Slow: time.Second}, 0, 0, nil},
		"none but errors and slow": {SamplingConfig{Ratio: 0, Slow: time.Second, Always: always}, 0, 0, []*protocol.Call{slow, failed, queued, left}},
		"below the ratio":          {SamplingConfig{Ratio: 0.5, Slow: time.Second}, 0, 0.49, []*protocol.Call{fast, slow, failed, queued, left}},
		"above the ratio":          {SamplingConfig{Ratio: 0.5, Slow: time.Second}, 0, 0.5, nil},
		"half of it is shed":       {SamplingConfig{Ratio: 0.5, Slow: time.Second}, 1, 0.25, nil},
		"half of it is kept":       {SamplingConfig{Ratio: 0.5, Slow: time.Second}, 1, 0.24, []*protocol.Call{fast, slow, failed, queued, left}},
		"ordinary ones are shed":   {SamplingConfig{Ratio: 1, Slow: time.Second, Always: always}, governor.Ordinary, 0, []*protocol.Call{slow, failed, queued, left}},
		"all are shed":             {SamplingConfig{Ratio: 1, Slow: time.Second, Always: always}, governor.Spans, 0, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSampler(&tt.cfg)
			s.random = func() float64 { return tt.random }
			var wanted []*protocol.Call
			for _, c := range []*protocol.Call{fast, slow, failed, queued, left} {
				if s.wants(record.Process{Tgid: 1}, c, 1, tt.level) {
					wanted = append(wanted, c)
				}
			}
			assert.Equal(t, tt.wanted, wanted)
		})
	}
}

// TestSamplerRate: a second's worth may come at once, each process has its own, and
// time gives it back.
func TestSamplerRate(t *testing.T) {
	s := newSampler(&SamplingConfig{Ratio: 1, MaxPerSecond: 10, Slow: time.Second})
	now := uint64(time.Hour)
	took := func(process uint32, tries int) (n int) {
		for range tries {
			if s.wants(record.Process{Tgid: process}, callOf(time.Millisecond, false), now, 0) {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 10, took(1, 100))
	assert.Equal(t, 10, took(2, 100))
	now += uint64(300 * time.Millisecond)
	assert.Equal(t, 3, took(1, 100))
	now += uint64(time.Hour)
	assert.Equal(t, 10, took(1, 100))
}

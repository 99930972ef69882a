// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/governor"
)

// TestGovern: windows are judged by the CPU time of both goroutines, told to the
// kernel and said.
func TestGovern(t *testing.T) {
	g := newRefusalRig(t)
	host := &reports{Host: componenttest.NewNopHost()}
	g.troubles.host = host
	g.ceiling.max = 0.2
	var told []governor.Level
	g.setKernelLevel = func(l governor.Level) error { told = append(told, l); return nil }

	now := uint64(100 * time.Second)
	second := func(reading, counting time.Duration) {
		now += uint64(time.Second)
		g.reading.used.Add(int64(reading))
		g.counting.used.Add(int64(counting))
		g.govern(now)
	}
	second(time.Minute, time.Minute) // what was used before the first window
	assert.Empty(t, told)
	second(100*time.Millisecond, 100*time.Millisecond)
	assert.Empty(t, told, "just the ceiling")
	second(100*time.Millisecond, 101*time.Millisecond)
	second(500*time.Millisecond, 0)
	for range 6 {
		second(0, 0)
	}
	assert.Equal(t, []governor.Level{1, 3, 1, 0}, told)
	assert.Equal(t, []string{
		"StatusRecoverableError: max_cpu of 0.2 is reached: spans are shed, every request is counted", "StatusOK",
	}, host.said)
	m, err := g.telemetry.GetMetric("otelcol_receiver_ebpf_sheds")
	require.NoError(t, err)
	assert.EqualValues(t, 2, sumOf(t, m).DataPoints[0].Value)

	g.govern(now + uint64(cpuWindow) - 1)
	assert.Len(t, told, 4, "a window that is not full says nothing")
}

func TestNoCeiling(t *testing.T) {
	g := newRefusalRig(t)
	for i := range uint64(10) {
		g.reading.used.Add(int64(time.Minute))
		g.govern((100 + i) * uint64(time.Second))
	}
	assert.Zero(t, g.ceiling.state.Level)
}

func TestCPUTimeIsThatOfTheThread(t *testing.T) {
	done := make(chan struct{})
	go func() { // ends its thread: it is not unpinned
		defer close(done)
		var c cpuTime
		c.pin()
		c.measure()
		before := c.seconds()
		for n := 0; c.seconds() < before+0.02; n++ {
			if n%1000 == 0 {
				c.measure()
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("the clock of the thread does not advance while it works")
	}
}

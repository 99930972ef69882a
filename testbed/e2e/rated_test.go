// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

const (
	ratedShare       = 0.7 // of what the machine reaches uncaptured
	ratedRuns        = 5
	ratedFor         = 30 * time.Second
	ratedProbe       = 10 * time.Second
	ratedConnections = 64
)

// BenchmarkRated finds the highest rate of requests that the machine reaches with
// nothing captured, loads it with 70 % of that under capture, five times for half
// a minute, and looks for the rate at which exchanges begin to spill. The server's
// own count is met in every run, spilled or not. `make bench-rated` runs it.
func BenchmarkRated(b *testing.B) {
	program := process.Build(b, "testbed/overhead/ends")
	for b.Loop() {
		most := uncapturedRate(b, program)
		b.Logf("uncaptured: %.0f requests a second", most)
		b.ReportMetric(most, "requests/s-uncaptured")
		withoutSpill := 0
		for run := range ratedRuns {
			kernel := ratedRun(b, program, "{}", most*ratedShare, ratedFor, nil)
			if kernel.spilled == 0 {
				withoutSpill++
			}
			assert.True(b, kernel.exact(), "%+v", kernel)
			b.Logf("run %d at 70 %%: %d spilled", run+1, kernel.spilled)
		}
		b.ReportMetric(float64(withoutSpill), "runs-without-spill")
		assert.GreaterOrEqual(b, withoutSpill, ratedRuns-1, "runs without a spill")
		highest := 0.0
		for _, share := range []float64{0.7, 0.8, 0.9, 1, 0} { // 0: as fast as it goes
			reached := most * share
			spilled := ratedRun(b, program, "{}", reached, ratedProbe, &reached).spilled
			b.Logf("%.0f %% (%.0f requests a second reached): %d spilled", share*100, reached, spilled)
			if spilled == 0 {
				highest = max(highest, reached)
			}
		}
		b.ReportMetric(highest, "requests/s-without-spill")
		spilled := ratedRun(b, program, "{ring_buffer: 65536}", 0, ratedProbe, nil).spilled
		b.Logf("a ring of 64 KiB, as fast as it goes: %d spilled", spilled)
		assert.NotZero(b, spilled, "the ring was to be too small")
	}
}

// uncapturedRate is the rate of requests with nothing attached.
func uncapturedRate(b *testing.B, program string) float64 {
	live(b)
	s := subjects["Go"](b)
	const count = 200_000
	start := time.Now()
	askTimes(b, program, s, count, 0)
	return count / time.Since(start).Seconds()
}

// askTimes sends an exact number of requests at a rate.
func askTimes(b *testing.B, program string, s *subject, count, rate int) {
	b.Helper()
	_, err := process.Run(program, "client", "-address", s.address, "-connections", strconv.Itoa(ratedConnections),
		"-count", strconv.Itoa(count), "-rate", strconv.Itoa(rate))
	require.NoError(b, err)
}

// ratedRun loads a server under capture at a rate for a time, compares all counts
// with the server's, and returns the kernel's. With rate 0 it goes as fast as it
// can. It sets reached, if asked, to the rate that was.
func ratedRun(b *testing.B, program, ebpf string, rate float64, d time.Duration, reached *float64) kernelCounts {
	b.Helper()
	// the file of spans would take more time than all else: sli counts them
	bed := startBed(b, bedOptions{ebpf: ebpf, env: []string{"SLOE_TEST_SPANS_TO=nop"}})
	s := subjects["Go"](b)
	count := int(rate * d.Seconds())
	if rate == 0 {
		count = 200_000
	}
	start := time.Now()
	askTimes(b, program, s, count, int(rate))
	if reached != nil {
		*reached = float64(count) / time.Since(start).Seconds()
	}
	bed.waitBudget(b, s.service, "http_availability", uint64(count), 30*time.Second)
	kernel := bed.settledCounts(b)
	bed.Terminate(b)
	own := s.own(b, count)
	y := bed.tallies(b)[s.service]
	require.NotNil(b, y)
	assert.EqualValues(b, count, own)
	assert.Equal(b, own, y.SLI["http_availability good"], "spans and unspanned, by sli")
	assert.Equal(b, own, y.Histogram[semconv.HTTPServerRequestDuration+" fine"], "histogram")
	assert.Zero(b, y.SLI["http_availability bad"])
	require.NoError(b, s.stop())
	return kernel
}

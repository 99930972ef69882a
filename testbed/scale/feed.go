// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/slo"
)

// feeder stands for the connector: once a second it adds to each series.
type feeder struct {
	fleet
	keys []slo.Key
	to   slo.Recorder
}

const (
	feeders = 4
	// parts are how many parts a second is cut into, as spans come in batches.
	parts = 50
)

var writer = slo.Writer{Instance: "connector", StartUnixNano: 1}

// run adds for some time. Before is how many ticks there were.
func (f *feeder) run(length time.Duration, before int) answer {
	var gc runtime.MemStats
	runtime.ReadMemStats(&gc)
	cycles, cpu := gc.NumGC, processCPU()
	var a answer
	began := time.Now()
	for n := range int(length / time.Second) {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second)))
		minute := slo.MinuteOf(time.Now())
		f.to.Heartbeat(minute, writer)
		a.Ticks = append(a.Ticks, minute)
		a.FeedCPU += f.tick(minute, before+n)
		a.Adds += len(f.keys)
	}
	a.CPU = processCPU() - cpu
	a.AddNS = a.FeedCPU * 1e9 / float64(a.Adds)
	runtime.ReadMemStats(&gc)
	a.GCCycles = gc.NumGC - cycles
	return a
}

// tick adds once to each series, spread over most of a second. It returns the CPU
// time that the calls took.
func (f *feeder) tick(minute slo.Minute, number int) float64 {
	var all sync.WaitGroup
	spent := make([]float64, feeders)
	for g := range feeders {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			part := f.keys[g*len(f.keys)/feeders : (g+1)*len(f.keys)/feeders]
			first := g * len(f.keys) / feeders
			began := time.Now()
			for s := range parts {
				time.Sleep(time.Until(began.Add(time.Duration(s) * 900 * time.Millisecond / parts)))
				from, to := s*len(part)/parts, (s+1)*len(part)/parts
				cpu := threadCPU()
				for i := from; i < to; i++ {
					good, bad := tick(first+i, number)
					f.to.Add(part[i], minute, good, bad, definition, writer)
				}
				spent[g] += threadCPU() - cpu
			}
		})
	}
	all.Wait()
	sum := 0.0
	for _, s := range spent {
		sum += s
	}
	return sum
}

// allocations are those of one Add, while nobody asks. Nothing is counted by them.
func (f *feeder) allocations() float64 {
	minute := slo.MinuteOf(time.Now())
	i := 0
	return testing.AllocsPerRun(len(f.keys), func() {
		f.to.Add(f.keys[i%len(f.keys)], minute, 0, 0, definition, writer)
		i++
	})
}

func threadCPU() float64  { return cpuOf(unix.CLOCK_THREAD_CPUTIME_ID) }
func processCPU() float64 { return cpuOf(unix.CLOCK_PROCESS_CPUTIME_ID) }

func cpuOf(clock int32) float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0
	}
	return float64(t.Nano()) / 1e9
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

const (
	// settle is left between attaching and measuring.
	settle = 150 * time.Millisecond
	// leastTurns makes a slice worth counting.
	leastTurns = 200
)

// errDisturbed tells that somebody else attached programs during a slice.
var errDisturbed = errors.New("somebody else attached to this host or detached from it")

// measureSlice returns the CPU nanoseconds a turn of both ends while a mode is
// attached.
func measureSlice(w *workload, m mode, d time.Duration) (ns float64, err error) {
	if err := w.waitUndisturbed(); err != nil {
		return 0, err
	}
	stop, err := m.attach()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", m.Name, err)
	}
	defer func() { err = errors.Join(err, stop()) }()
	before, err := attached()
	if err != nil {
		return 0, err
	}
	time.Sleep(settle)
	cpu, err := cpuOf(w.pids...)
	if err != nil {
		return 0, err
	}
	turns := w.turns()
	time.Sleep(d)
	turns = w.turns() - turns
	cpuAfter, err := cpuOf(w.pids...)
	if err != nil {
		return 0, err
	}
	after, err := attached()
	switch {
	case err != nil:
		return 0, err
	case !maps.Equal(before, after), m.baseline && len(after) > 0:
		return 0, errDisturbed
	case turns < leastTurns:
		return 0, fmt.Errorf("%s did %d turns in %s under %q: too few to measure", w.Name, turns, d, m.Name)
	}
	return float64(cpuAfter-cpu) / float64(turns), nil
}

// measureCycles measures all modes in as many cycles, each in an order of its own,
// and returns the nanoseconds a turn by mode, paired by cycle.
func measureCycles(w *workload, all []mode, cycles int, d time.Duration) (map[string][]float64, error) {
	out := map[string][]float64{}
	for n := range cycles {
		order := slices.Clone(all)
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, m := range order {
			ns, err := measureSlice(w, m, d)
			for errors.Is(err, errDisturbed) {
				ns, err = measureSlice(w, m, d)
			}
			if err != nil {
				return nil, err
			}
			out[m.Name] = append(out[m.Name], ns)
		}
		fmt.Fprintf(os.Stderr, "\r%s: %d of %d cycles", w.Name, n+1, cycles)
	}
	fmt.Fprintln(os.Stderr)
	return out, nil
}

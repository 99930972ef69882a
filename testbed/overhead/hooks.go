// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// attached returns the programs that hang on hooks which the measured programs may
// pass, by the link's number, whoever attached them.
func attached() (found map[link.ID]ebpf.ProgramID, err error) {
	for range 50 {
		// a link that is being made or freed cannot be opened yet, or any more
		if found, err = listAttached(); !errors.Is(err, unix.EAGAIN) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return found, err
}

func listAttached() (map[link.ID]ebpf.ProgramID, error) {
	found := map[link.ID]ebpf.ProgramID{}
	it := new(link.Iterator)
	defer it.Close()
	for it.Next() {
		info, err := it.Link.Info()
		if errors.Is(err, unix.ENOENT) {
			continue // gone meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("looking at link %d: %w", it.ID, err)
		}
		switch info.Type {
		case link.TracingType, link.RawTracepointType, link.PerfEventType, link.KprobeMultiType:
			found[it.ID] = info.Program
		}
	}
	return found, it.Err()
}

// waitUndisturbed waits until nothing is attached: another capture on the host, such
// as a test that somebody runs, would be measured too.
func waitUndisturbed(patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		links, err := attached()
		if err != nil || len(links) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("somebody else's programs stay attached to this host: links %v", slices.Sorted(maps.Keys(links)))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A hook is what one program costs by the kernel's own statistics.
type hook struct {
	Program     string  `json:"program"`
	NsRun       float64 `json:"ns_run"`
	RunsPerTurn float64 `json:"runs_per_turn"`
}

// runTimes are the kernel's statistics of the attached programs, by name.
func runTimes() (map[string]ebpf.ProgramStats, error) {
	links, err := attached()
	if err != nil {
		return nil, err
	}
	out := map[string]ebpf.ProgramStats{}
	for _, id := range links {
		program, err := ebpf.NewProgramFromID(id)
		if err != nil {
			return nil, fmt.Errorf("opening program %d: %w", id, err)
		}
		stats, err := program.Stats()
		info, infoErr := program.Info()
		if err := errors.Join(err, infoErr, program.Close()); err != nil {
			return nil, err
		}
		out[info.Name] = *stats
	}
	return out, nil
}

// measureHooks returns the cost of every program of a mode while a workload runs.
// The statistics themselves cost time, so nothing else is measured meanwhile.
func measureHooks(w *workload, m mode, d time.Duration) (hooks []hook, err error) {
	if err := w.waitUndisturbed(); err != nil {
		return nil, err
	}
	statistics, err := ebpf.EnableStats(uint32(unix.BPF_STATS_RUN_TIME))
	if err != nil {
		return nil, fmt.Errorf("turning on the kernel's run-time statistics: %w", err)
	}
	defer statistics.Close()
	stop, err := m.attach()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	time.Sleep(settle)
	before, err := runTimes()
	if err != nil {
		return nil, err
	}
	turns := w.turns()
	time.Sleep(d)
	turns = w.turns() - turns
	after, err := runTimes()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		runs := after[name].RunCount - before[name].RunCount
		if runs == 0 || turns == 0 {
			continue
		}
		hooks = append(hooks, hook{
			Program: name, NsRun: float64(after[name].Runtime-before[name].Runtime) / float64(runs),
			RunsPerTurn: float64(runs) / float64(turns),
		})
	}
	return hooks, nil
}

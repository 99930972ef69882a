// SPDX-License-Identifier: Apache-2.0

// Command overhead measures what capturing costs the captured programs, beside the
// classical design of tracepoints at the entry and exit of system calls, and
// writes a table, the figures as JSON and a plot. `make bench-overhead` runs it, as
// root, from the root of the repository.
//
// A workload runs as fast as it can. Time is cut into slices, each under one mode:
// nothing attached, nothing again, Sloe, the classical design. The modes follow
// each other in a new order in each cycle, and are compared within the cycle, so
// that what else the machine does falls on all of them alike.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

func main() {
	var o options
	flag.IntVar(&o.cycles, "cycles", 40, "cycles of slices, each with all modes in an order of its own")
	flag.DurationVar(&o.slice, "slice", time.Second, "length of a slice")
	flag.DurationVar(&o.hooks, "hooks", 2*time.Second, "how long the kernel's run-time statistics are taken, apart from the slices")
	flag.DurationVar(&o.agent, "agent", 20*time.Second, "how long the collector's own CPU time and memory are taken")
	flag.StringVar(&o.only, "only", "", "regular expression: measure just these workloads (and agent), and keep the other figures")
	flag.BoolVar(&o.render, "render", false, "measure nothing, write the table and the plot of the figures that there are")
	flag.StringVar(&o.docs, "docs", "docs", "directory of benchmarks.md, whose marked part is replaced, and img")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "overhead:", err)
		os.Exit(1)
	}
}

type options struct {
	cycles              int
	slice, hooks, agent time.Duration
	only, docs          string
	render              bool
}

func (o options) figures() string { return filepath.Join(o.docs, "img", "overhead.json") }

func run(o options) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	f, err := readFigures(o.figures())
	if err != nil {
		return err
	}
	if !o.render {
		if err := measure(o, only, f); err != nil {
			return err
		}
	}
	if err := f.write(o.figures()); err != nil {
		return err
	}
	table := f.table()
	fmt.Print(table)
	if err := os.WriteFile(filepath.Join(o.docs, "img", "overhead.svg"), f.plot(), 0o644); err != nil {
		return err
	}
	return replaceMarked(filepath.Join(o.docs, "benchmarks.md"), table)
}

func measure(o options, only *regexp.Regexp, f *figures) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("only root may attach to the kernel and read other users' CPU time")
	}
	b, err := newBed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.remove()) }()
	classical, err := loadDesigns()
	if err != nil {
		return err
	}
	all := modes(classical)
	f.stamp()
	for i := range workloads {
		if !only.MatchString(workloads[i].name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %d cycles of %d slices of %s\n", workloads[i].name, o.cycles, len(all), o.slice)
		m, err := measureWorkload(o, b, i, all)
		if err != nil {
			return err
		}
		f.put(m)
		if err := f.write(o.figures()); err != nil { // what was measured stays, whatever comes
			return err
		}
	}
	if !only.MatchString("agent") {
		return nil
	}
	f.Agents = nil
	for _, withSpans := range []bool{true, false} {
		a, err := measureAgent(b, withSpans, o.agent)
		if err != nil {
			return err
		}
		f.Agents = append(f.Agents, a)
	}
	return nil
}

func measureWorkload(o options, b *bed, number int, all []mode) (measured, error) {
	w, err := b.start(number)
	if err != nil {
		return measured{}, err
	}
	defer w.stop()
	samples, err := measureCycles(w, all, o.cycles, o.slice)
	if err != nil {
		return measured{}, err
	}
	m := measured{Workload: w.Name, Turn: w.Turn, Cycles: o.cycles, SliceSeconds: o.slice.Seconds(), Samples: samples, Hooks: map[string][]hook{}}
	for _, mode := range all {
		if mode.baseline {
			continue
		}
		if m.Hooks[mode.Name], err = measureHooks(w, mode, o.hooks); err != nil {
			return measured{}, err
		}
	}
	return m, nil
}

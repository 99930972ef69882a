// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// compared are the modes of the report, in its order.
var compared = []string{noneAgain, sloeSpans, sloeCounts, classicPairs, classicEvents}

// table writes the report in Markdown.
func (f *figures) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Taken %s on %s, Linux %s. Brackets are bootstrap intervals of 95 %%.\n\n", f.Taken, f.CPU, f.Kernel)
	b.WriteString("![CPU time that capturing adds](img/overhead.svg)\n\n")
	b.WriteString("| workload | mode | CPU of both ends a turn, ns | added, ns | ratio to none |\n|---|---|---|---|---|\n")
	for _, m := range f.Workloads {
		base := m.Samples[none]
		c := cost(base)
		fmt.Fprintf(&b, "| **%s** (a %s; %d cycles) | %s | %.0f [%.0f, %.0f] | | |\n", m.Workload, m.Turn, m.Cycles, none, c.Value, c.Low, c.High)
		for _, mode := range compared {
			c, a, r := cost(m.Samples[mode]), added(m.Samples[mode], base), ratio(m.Samples[mode], base)
			fmt.Fprintf(&b, "| | %s | %.0f [%.0f, %.0f] | %+.0f [%+.0f, %+.0f] | %.3f [%.3f, %.3f]%s |\n", mode,
				c.Value, c.Low, c.High, a.Value, a.Low, a.High, r.Value, r.Low, r.High, f.warning(mode, r))
		}
	}
	f.ratios(&b)
	f.hooks(&b)
	f.agents(&b)
	return b.String()
}

// warning marks a comparison of nothing with nothing that found a difference.
func (f *figures) warning(mode string, r estimate) string {
	if mode == noneAgain && !r.contains(1) {
		return " **does not contain 1**"
	}
	return ""
}

// ratios writes what Sloe adds in relation to the classical design.
func (f *figures) ratios(b *strings.Builder) {
	b.WriteString("\nAdded by Sloe / added by the classical design (below 1 is cheaper):\n\n" +
		"| workload | Sloe's mode | to: " + classicPairs + " | to: " + classicEvents + " |\n|---|---|---|---|\n")
	for _, m := range f.Workloads {
		if m.Workload == unrelated {
			continue // Sloe adds nothing there
		}
		for _, mode := range []string{sloeSpans, sloeCounts} {
			fmt.Fprintf(b, "| %s | %s |", m.Workload, mode)
			for _, classic := range []string{classicPairs, classicEvents} {
				r := ratioAdded(m.Samples[mode], m.Samples[classic], m.Samples[none])
				fmt.Fprintf(b, " %.2f [%.2f, %.2f] |", r.Value, r.Low, r.High)
			}
			b.WriteString("\n")
		}
	}
}

// hooks writes the kernel's own statistics.
func (f *figures) hooks(b *strings.Builder) {
	b.WriteString("\nThe hooks by the kernel's own run-time statistics, in runs apart (their own cost, about 50 ns a run, is not in them; " +
		"nor is that of getting to the program, which for a tracepoint of a system call is the larger part):\n\n" +
		"| workload | mode | hooks: ns a run x runs a turn | ns a turn |\n|---|---|---|---|\n")
	for _, m := range f.Workloads {
		for _, mode := range compared {
			hooks := m.Hooks[mode]
			if len(hooks) == 0 {
				continue
			}
			var each []string
			sum := 0.0
			for _, h := range hooks {
				sum += h.NsRun * h.RunsPerTurn
				if h.RunsPerTurn >= 0.01 {
					each = append(each, fmt.Sprintf("%s %.0f x %.2f", h.Program, h.NsRun, h.RunsPerTurn))
				}
			}
			fmt.Fprintf(b, "| %s | %s | %s | %.0f |\n", m.Workload, mode, strings.Join(each, ", "), sum)
		}
	}
}

// agents writes what the collector itself takes.
func (f *figures) agents(b *strings.Builder) {
	b.WriteString("\nThe collector itself, the shipped program with `ebpf`, `service_name` and `sli`, at a Go server with " +
		fmt.Sprint(agentConnections) + " connections, both ends of each request captured:\n\n" +
		"| mode | requests a second | CPU of the collector, ns an exchange | resident memory at most, MB | calibration: SHA-256 of 64 bytes before and after, ns |\n|---|---|---|---|---|\n")
	for _, a := range f.Agents {
		fmt.Fprintf(b, "| %s | %.0f | %.0f | %.1f | %.1f, %.1f |\n", a.Mode, a.Rate, a.NsExchange, a.ResidentMB, a.CalibrationNs[0], a.CalibrationNs[1])
	}
}

// The marks around the part of a document that this program writes.
const (
	beginMark = "<!-- overhead: begin (make bench-overhead) -->\n"
	endMark   = "<!-- overhead: end -->\n"
)

// replaceMarked replaces what is between the marks.
func replaceMarked(name, text string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(raw, []byte(beginMark))
	_, after, ended := bytes.Cut(rest, []byte(endMark))
	if !found || !ended {
		return fmt.Errorf("%s has not the marks %q and %q", name, beginMark, endMark)
	}
	return os.WriteFile(name, bytes.Join([][]byte{before, []byte(beginMark + text + endMark), after}, nil), 0o644)
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/internal/perfstats"
)

const perfStatsHelp = `What the ebpf receivers on this host cost, by the kernel's own measure.

Looks for a period at the programs and maps that they have in the kernel, and asks
the collectors nothing. Meanwhile the kernel measures every run of every BPF program
on the host, which adds some 20 ns to each. Needs root (CAP_SYS_ADMIN): the kernel
shows the objects of other processes to nobody else.`

func newPerfStats(o *options) *cobra.Command {
	var period time.Duration
	var top int
	c := &cobra.Command{
		Use:   "perf-stats",
		Short: "What the capture costs: by program, map, process and connection",
		Long:  perfStatsHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			if period <= 0 {
				return fmt.Errorf("--period must be more than 0, not %s", period)
			}
			if top < 0 {
				return fmt.Errorf("--top must be 0 or more, not %d", top)
			}
			report, err := perfstats.Read(c.Context(), period, top)
			if err != nil {
				return err
			}
			return o.print(c.OutOrStdout(), report, func(w io.Writer) error { return perfTable(w, &report) })
		},
	}
	c.Flags().DurationVar(&period, "period", 5*time.Second, "how long to look")
	c.Flags().IntVar(&top, "top", 10, "how many processes and connections to list")
	return c
}

func perfTable(out io.Writer, report *perfstats.Report) error {
	for i := range report.Receivers {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := perfReceiver(out, &report.Receivers[i], report.Seconds); err != nil {
			return err
		}
	}
	return nil
}

func perfReceiver(out io.Writer, r *perfstats.Receiver, seconds float64) error {
	who := "a process that cannot be seen from here"
	if r.PID != 0 {
		who = fmt.Sprintf("%s (pid %d)", r.Name, r.PID)
	}
	fmt.Fprintf(out, "The receiver of %s, over %.1f s\n\n", who, seconds)
	fmt.Fprintf(out, "hooks      %.2f %% of one core\n", 100*r.Cores)
	fmt.Fprintf(out, "exchanges  %.0f a second; since the start %d, of which %d had a record%s\n",
		r.Exchanges.PerSecond, r.Exchanges.Ended, r.Exchanges.Delivered, counts("; counted without", r.Exchanges.Spilled))
	fmt.Fprintf(out, "ring       %s unread of %s (%s)\n", bytesText(r.Ring.Unread), bytesText(r.Ring.Size), fillText(r.Ring.Unread, r.Ring.Size))
	fmt.Fprintf(out, "lost       %s\n", strings.TrimPrefix(counts("", r.Lost), ": "))

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nPROGRAM\tTYPE\tTAG\tRUNS/S\tNS/RUN\tCORE\tSKIPPED")
	for _, p := range r.Programs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%.0f\t%.2f %%\t%d\n", p.Name, p.Type, p.Tag, float64(p.Runs)/seconds, p.NsPerRun, 100*float64(p.Ns)/1e9/seconds, p.Skipped)
	}
	fmt.Fprintln(w, "\nMAP\tENTRIES\tOF\tFULL")
	for _, m := range r.Maps {
		of := "-"
		if m.Max > 0 {
			of = fmt.Sprint(m.Max)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", m.Name, m.Entries, of, fillText(m.Entries, m.Max))
	}
	if len(r.Processes) > 0 {
		fmt.Fprintln(w, "\nPROCESS\tPID\tEXCHANGES\tPER SECOND")
		for _, p := range r.Processes {
			fmt.Fprintf(w, "%s\t%d\t%d\t%.0f\n", p.Executable, p.PID, p.Exchanges, p.PerSecond)
		}
	}
	if len(r.Connections) > 0 {
		fmt.Fprintln(w, "\nCONNECTION\tREMOTE\tPID\tROLE\tEXCHANGES\tPER SECOND")
		for _, c := range r.Connections {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d\t%.0f\n", c.Local, c.Remote, c.PID, c.Role, c.Exchanges, c.PerSecond)
		}
	}
	return w.Flush()
}

// counts words the counts that are not zero, by name.
func counts(before string, of map[string]uint64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if of[name] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", name, of[name]))
		}
	}
	if len(parts) == 0 {
		if before == "" {
			return "nothing"
		}
		return ""
	}
	return before + ": " + strings.Join(parts, ", ")
}

func fillText(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func bytesText(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

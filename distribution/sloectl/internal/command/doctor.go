// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/internal/doctor"
)

const doctorHelp = `Whether the ebpf receiver works on this host, and what of it does not.

Tries every way to hook the kernel, as the receiver does at its start: loads the
programs, attaches them and takes them away again, which takes less than a second.
Run it as the user and with the capabilities that the collector has.

Exit codes: 0 the receiver works here, 1 it does not, 3 the command is wrong.`

// exitUnfit is the exit code of a host on which the receiver does not work.
const exitUnfit = 1

func newDoctor(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Does the capture work on this host, and what is missing?",
		Long:  doctorHelp,
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return examine(o, c.OutOrStdout(), doctor.This()) },
	}
}

func examine(o *options, out io.Writer, host doctor.Host) error {
	if err := o.validate(); err != nil {
		return err
	}
	report := host.Examine()
	if err := o.print(out, report, func(w io.Writer) error { return doctorTable(w, &report) }); err != nil {
		return err
	}
	if !report.Works {
		return verdict(exitUnfit)
	}
	return nil
}

func doctorTable(out io.Writer, r *doctor.Report) error {
	fmt.Fprintf(out, "Linux %s on %s: ", r.Kernel, r.Architecture)
	if r.Works {
		fmt.Fprintf(out, "the receiver works, with the back-end %s\n", r.Backend)
	} else {
		fmt.Fprintln(out, "the receiver does not work")
	}
	for _, b := range r.Backends {
		fmt.Fprintf(out, "\nback-end %s\n", b.Name)
		if b.Works {
			fmt.Fprintf(out, "  works\n  hooks   %s\n", strings.Join(b.Hooks, ", "))
		} else {
			fmt.Fprintf(out, "  does not work: %s\n", b.Missing)
		}
		fmt.Fprintf(out, "  unseen  %s\n  cost    %s\n", strings.Join(b.Unseen, "; "), b.Cost)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nCHECK\tSTATE\tFOUND\tNEEDED FOR")
	for _, c := range r.Checks {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Name, c.State, c.Says, c.Needed)
	}
	return w.Flush()
}

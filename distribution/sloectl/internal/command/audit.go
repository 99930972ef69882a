// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/client"
	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func newAudit(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Who overruled which budget, and whether the log of it is as it was written",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAuditList(o), newAuditVerify(o))
	return c
}

func newAuditList(o *options) *cobra.Command {
	var after uint64
	c := &cobra.Command{
		Use:   "list",
		Short: "The audit log, the oldest record first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.Audit, error) {
				return api.Audit(ctx, after)
			}, func(w io.Writer, log budgetapi.Audit) error { return auditTable(w, log.Records) })
		},
	}
	c.Flags().Uint64Var(&after, "after", 0, "the number of the record to read on from")
	return c
}

func auditTable(out io.Writer, records []budgetapi.AuditRecord) error {
	if len(records) == 0 {
		_, err := fmt.Fprintln(out, "The audit log is empty.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RECORD\tTIME\tEVENT\tACTOR\tDATA")
	for _, r := range records {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", r.Seq, r.Time.Format(time.RFC3339), r.Event, r.Actor, r.Data)
	}
	return w.Flush()
}

const verifyHelp = `Hold the audit log in a collector's directory against its hashes.

Finds what was edited, removed, inserted, reordered or cut off. Works on a copy
and while the collector runs. Exit codes: 0 it is as it was written, 2 it is not,
3 it cannot be read.`

// verified is what sloectl audit verify found.
type verified struct {
	Sound   bool     `json:"sound"`
	Records uint64   `json:"records"`
	Head    string   `json:"head"`
	Faults  []string `json:"faults"`
}

func newAuditVerify(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIRECTORY",
		Short: "Is the audit log as it was written?",
		Long:  verifyHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			if info, err := os.Stat(args[0]); err != nil {
				return fmt.Errorf("DIRECTORY must be that of the audit log: %w", err)
			} else if !info.IsDir() {
				return errors.New("DIRECTORY must be that of the audit log, such as the extension's storage_directory")
			}
			report, err := auditlog.Verify(args[0], nil)
			if err != nil {
				return err
			}
			v := verified{Sound: len(report.Faults) == 0, Records: report.Records, Head: report.Head.Hash, Faults: append([]string{}, report.Faults...)}
			if err := o.print(c.OutOrStdout(), v, v.table); err != nil {
				return err
			}
			if !v.Sound {
				return verdict(exitFreeze)
			}
			return nil
		},
	}
}

func (v verified) table(w io.Writer) error {
	if v.Sound {
		_, err := fmt.Fprintf(w, "The audit log is as it was written: %d records, the last one's hash is %s.\n", v.Records, v.Head)
		return err
	}
	fmt.Fprintln(w, "The audit log is NOT as it was written:")
	for _, f := range v.Faults {
		fmt.Fprintln(w, "  "+f)
	}
	return nil
}

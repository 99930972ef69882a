// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/client"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func newExclusion(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "exclusion",
		Short: "Planned maintenance, which no budget pays for",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newExclusionList(o), newExclusionAdd(o), newExclusionRemove(o))
	return c
}

func newExclusionList(o *options) *cobra.Command {
	var past bool
	c := &cobra.Command{
		Use:   "list",
		Short: "What is in force and what comes next, with what it would have cost",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.Exclusions, error) {
				return api.Exclusions(ctx, past)
			},
				func(w io.Writer, list budgetapi.Exclusions) error { return exclusionsTable(w, list.Exclusions) })
		},
	}
	c.Flags().BoolVar(&past, "past", false, "also what is over and what a window may still reach")
	return c
}

func newExclusionAdd(o *options) *cobra.Command {
	var r budgetapi.ExclusionRequest
	var start, end string
	var lasts time.Duration
	c := &cobra.Command{
		Use:     "add PATTERN...",
		Short:   "Take a stretch of time out of the budgets of some services",
		Long:    "Take a stretch of time out of the budgets of the services that a PATTERN names:\n* is any text without a slash; with a / or an @ it is held against namespace/name@environment.",
		Example: `  sloectl exclusion add payment-api --for 2h --actor ann --reason "a new disk" --ticket OPS-8`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if r.Start, r.End, err = stretch(start, end, lasts); err != nil {
				return err
			}
			r.Services = args
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.ExclusionEntry, error) {
				return api.AddExclusion(ctx, r)
			}, func(w io.Writer, added budgetapi.ExclusionEntry) error {
				_, err := fmt.Fprintf(w, "The exclusion %s of %s is added: from %s to %s.\n", added.ID, strings.Join(added.Services, ", "),
					added.Start.Format(time.RFC3339), added.End.Format(time.RFC3339))
				return err
			})
		},
	}
	c.Flags().StringVar(&start, "start", "", "when it starts (RFC 3339), now if it is left out")
	c.Flags().StringVar(&end, "end", "", "when it ends (RFC 3339), or --for")
	c.Flags().DurationVar(&lasts, "for", 0, "how long it lasts, at most 168h, or --end")
	c.Flags().StringVar(&r.Actor, "actor", o.getenv("USER"), "who decides")
	c.Flags().StringVar(&r.Reason, "reason", "", "what the maintenance is")
	c.Flags().StringVar(&r.Ticket, "ticket", "", "where it is written down")
	return c
}

// stretch reads when an exclusion starts and ends. A start that is now is left to
// the endpoint's clock.
func stretch(start, end string, lasts time.Duration) (from, to time.Time, err error) {
	if start != "" {
		if from, err = time.Parse(time.RFC3339, start); err != nil {
			return from, to, fmt.Errorf("--start must be a time such as 2026-03-08T02:00:00Z, not %q", start)
		}
	}
	switch {
	case (end == "") == (lasts == 0):
		return from, to, errors.New("give either --end or --for")
	case end != "":
		if to, err = time.Parse(time.RFC3339, end); err != nil {
			return from, to, fmt.Errorf("--end must be a time such as 2026-03-08T04:00:00Z, not %q", end)
		}
	case lasts < 0:
		return from, to, fmt.Errorf("--for must be more than 0, not %s", lasts)
	case start == "":
		to = time.Now().Add(lasts).UTC().Truncate(time.Second)
	default:
		to = from.Add(lasts)
	}
	return from, to, nil
}

func newExclusionRemove(o *options) *cobra.Command {
	var actor, reason string
	var endNow bool
	c := &cobra.Command{
		Use:   "remove ID",
		Short: "Take an exclusion back that was added: its minutes count again",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.ExclusionEntry, error) {
				return api.RemoveExclusion(ctx, args[0], actor, reason, endNow)
			}, func(w io.Writer, removed budgetapi.ExclusionEntry) error {
				what := "is taken back: its minutes count again"
				if endNow {
					what = "ended at " + removed.End.Format(time.RFC3339)
				}
				_, err := fmt.Fprintf(w, "The exclusion %s of %s %s.\n", removed.ID, strings.Join(removed.Services, ", "), what)
				return err
			})
		},
	}
	c.Flags().BoolVar(&endNow, "end-now", false, "end it instead: its minutes until now stay excluded")
	c.Flags().StringVar(&actor, "actor", o.getenv("USER"), "who takes it back")
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

// exclusionsTable prints a line an exclusion, and below it one for each further
// objective that it has spared.
func exclusionsTable(out io.Writer, list []budgetapi.Exclusion) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "No exclusion is in force or planned.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHAT\tSERVICES\tSTATE\tSTART\tEND\tMINUTES\tAGAIN\tBY\tID\tSPARED\tBAD\tWOULD HAVE COST")
	for _, e := range list {
		id, by, again := "-", "the file", "-"
		if e.Added != nil {
			id, by = e.Added.ID, e.Added.Actor
		}
		if e.RRule != "" {
			again = e.RRule
		}
		head := fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s", e.Name, strings.Join(e.Services, ","), strings.ReplaceAll(e.State, "_", " "),
			e.Start.Format(time.RFC3339), e.End.Format(time.RFC3339), e.Minutes, again, by, id)
		if len(e.Affected) == 0 {
			fmt.Fprintf(w, "%s\t-\t-\t-\n", head)
		}
		for i, a := range e.Affected {
			if i > 0 {
				head = strings.Repeat("\t", 8)
			}
			fmt.Fprintf(w, "%s\t%s of %s\t%d\t%s\n", head, a.SLO, serviceName(a.Namespace, a.Name, a.Environment), a.Bad, percent(a.Cost))
		}
	}
	return w.Flush()
}

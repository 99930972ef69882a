// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/client"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func newOverride(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "override",
		Short: "Allow or refuse the releases of a service for a while",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newOverrideSet(o), newOverrideList(o), newOverrideClear(o))
	return c
}

func newOverrideSet(o *options) *cobra.Command {
	var r budgetapi.OverrideRequest
	var allow, deny bool
	var lasts time.Duration
	c := &cobra.Command{
		Use:     "set SERVICE (--allow | --deny)",
		Short:   "Overrule the budget of a service for at most 24 hours",
		Example: `  sloectl override set payment-api --allow --for 2h --actor ann --reason "the fix of the outage" --ticket OPS-7`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if allow == deny {
				return errors.New("give either --allow or --deny")
			}
			if lasts <= 0 || lasts > 24*time.Hour {
				return fmt.Errorf("--for must be more than 0 and at most 24h, not %s", lasts)
			}
			q := o.query(c.Flags(), args[0])
			r.Service, r.Namespace, r.Environment = q.Service, q.Namespace, q.Environment
			// The endpoint's clock may be behind this one, and takes a day at most by
			// its own: a minute of the day is left out.
			r.Allow, r.Until = &allow, time.Now().Add(min(lasts, 24*time.Hour-time.Minute)).UTC().Truncate(time.Second)
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.OverrideEntry, error) {
				return api.SetOverride(ctx, r)
			}, func(w io.Writer, set budgetapi.OverrideEntry) error {
				return overridesTable(w, []budgetapi.OverrideEntry{set})
			})
		},
	}
	c.Flags().BoolVar(&allow, "allow", false, "releases may go out")
	c.Flags().BoolVar(&deny, "deny", false, "releases may not go out")
	c.Flags().DurationVar(&lasts, "for", time.Hour, "how long, at most 24h")
	c.Flags().StringVar(&r.Actor, "actor", o.getenv("USER"), "who decides")
	c.Flags().StringVar(&r.Reason, "reason", "", "why")
	c.Flags().StringVar(&r.Ticket, "ticket", "", "where it is written down")
	return c
}

func newOverrideList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "The overrides in force, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.Overrides, error) { return api.Overrides(ctx) },
				func(w io.Writer, list budgetapi.Overrides) error { return overridesTable(w, list.Overrides) })
		},
	}
}

func newOverrideClear(o *options) *cobra.Command {
	var actor, reason string
	c := &cobra.Command{
		Use:   "clear ID",
		Short: "End an override before its time",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.OverrideEntry, error) {
				return api.ClearOverride(ctx, args[0], actor, reason)
			}, func(w io.Writer, cleared budgetapi.OverrideEntry) error {
				_, err := fmt.Fprintf(w, "The override %s of %s is ended.\n", cleared.ID, cleared.Service)
				return err
			})
		},
	}
	c.Flags().StringVar(&actor, "actor", o.getenv("USER"), "who ends it")
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

func overridesTable(out io.Writer, list []budgetapi.OverrideEntry) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "No override is in force.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSERVICE\tRELEASES\tUNTIL\tACTOR\tTICKET\tREASON")
	for _, e := range list {
		releases := "refused"
		if e.Allow {
			releases = "allowed"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, overrideScope(e), releases, e.Until.Format(time.RFC3339), e.Actor, e.Ticket, e.Reason)
	}
	return w.Flush()
}

// overrideScope words what an override fits; * fits each.
func overrideScope(e budgetapi.OverrideEntry) string {
	part := func(p *string) string {
		if p == nil {
			return "*"
		}
		return *p
	}
	return serviceName(part(e.Namespace), e.Service, part(e.Environment))
}

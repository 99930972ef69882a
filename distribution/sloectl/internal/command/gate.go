// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/client"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

const gateHelp = `Ask whether a service may be released.

Exit codes: 0 it may, 1 as a canary only, 2 it may not (the budget is spent), 3
nobody knows (unless the catalogue allows releases then: 0), the endpoint cannot
be reached, or the command is wrong.`

func newGate(o *options) *cobra.Command {
	change := ""
	c := &cobra.Command{
		Use:     "gate SERVICE",
		Short:   "May this service be released?",
		Long:    gateHelp,
		Example: "  sloectl gate payment-api && deploy payment-api",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if args[0] == "" {
				return fmt.Errorf("SERVICE must not be empty; `sloectl budgets` lists the services")
			}
			q := o.query(c.Flags(), args[0])
			q.Change = change
			code := exitUnknown
			err := ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.Gate, error) {
				g, err := api.Gate(ctx, q)
				code = gateCode(g)
				return g, err
			}, gateTable)
			if err == nil && code != exitAllow {
				return verdict(code)
			}
			return err
		},
	}
	c.Flags().StringVar(&change, "change", "", "what is to be released: feature (the default), fix or security")
	return c
}

// gateCode turns the answer into an exit code. Allow is the authority.
func gateCode(g budgetapi.Gate) int {
	switch {
	case g.Allow && g.Strategy.Type == budgetapi.StrategyFull:
		return exitAllow
	case g.Allow:
		return exitCanary
	case g.State == budgetapi.StateUnknown:
		return exitUnknown
	}
	return exitFreeze
}

func gateTable(out io.Writer, g budgetapi.Gate) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "service\t%s\n", serviceName(g.Namespace, g.Service, g.Environment))
	fmt.Fprintf(w, "state\t%s\n", g.State)
	fmt.Fprintf(w, "release\t%s\n", release(g))
	if g.Budget != nil {
		fmt.Fprintf(w, "budget left\t%s of %s over %s\n", percent(g.Budget.Remaining), g.Budget.SLO, g.Budget.Window)
		fmt.Fprintf(w, "measured\t%s\n", percent(g.Budget.Coverage))
	}
	for i, r := range g.Reasons {
		label := ""
		if i == 0 {
			label = "because"
		}
		fmt.Fprintf(w, "%s\t%s\n", label, reason(r))
	}
	if v := g.Override; v != nil {
		decided := "refused"
		if v.Allow {
			decided = "allowed"
		}
		fmt.Fprintf(w, "override\t%s by %s until %s: %s (%s)\n", decided, v.Actor, v.Until.Format(time.RFC3339), v.Reason, v.Ticket)
	}
	if g.NextState != nil {
		fmt.Fprintf(w, "next\t%s at %s if nothing fails\n", g.NextState.State, g.NextState.Earliest.Format(time.RFC3339))
	}
	if g.Forecast != nil {
		fmt.Fprintf(w, "forecast\t%s: %s\n", g.Forecast.SLO, g.Forecast)
	}
	fmt.Fprintf(w, "decision\t%s, as of %s\n", g.DecisionID, g.AsOf.Format(time.RFC3339))
	return w.Flush()
}

func release(g budgetapi.Gate) string {
	switch gateCode(g) {
	case exitAllow:
		return "allowed"
	case exitCanary:
		return fmt.Sprintf("as a canary only, up to %d %% of traffic", g.Strategy.MaxWeight)
	}
	return "not allowed"
}

func reason(r budgetapi.Reason) string {
	parts := []string{r.Code}
	if r.SLO != "" {
		parts = append(parts, r.SLO)
	}
	if r.Value != nil {
		parts = append(parts, fmt.Sprint(r.Value))
	}
	if r.Limit != nil {
		parts = append(parts, fmt.Sprintf("(limit %v)", r.Limit))
	}
	return strings.Join(parts, " ")
}

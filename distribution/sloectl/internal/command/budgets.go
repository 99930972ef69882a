// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/client"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func newBudgets(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "budgets [SERVICE]",
		Short: "What is left of the error budgets, the worst first",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			service := ""
			if len(args) > 0 {
				service = args[0]
			}
			return ask(o, c, func(ctx context.Context, api *client.Client) (budgetapi.Budgets, error) {
				return api.Budgets(ctx, o.query(c.Flags(), service))
			}, budgetsTable)
		},
	}
}

// budgetsTable prints a line an objective, and one for a service without any.
func budgetsTable(out io.Writer, b budgetapi.Budgets) error {
	if len(b.Services) == 0 {
		_, err := fmt.Fprintln(out, "No service was seen yet, and the catalogue lists none. Send requests, or check the sli connector.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE\tTIER\tSTATE\tACTIVITY\tMEASURED\tSLO\tOBJECTIVE\tBUDGET LEFT\tBAD\tVALID\tWINDOW\tFORECAST")
	for _, s := range b.Services {
		head := fmt.Sprintf("%s\t%s\t%s\t%s\t%s", serviceName(s.Namespace, s.Name, s.Environment), s.Tier, s.State, s.Activity, percent(s.Coverage))
		if len(s.SLOs) == 0 {
			fmt.Fprintf(w, "%s\t-\t-\t-\t-\t-\t-\t-\n", head)
		}
		for i, o := range s.SLOs {
			if i > 0 {
				head = "\t\t\t\t"
			}
			objective := string(o.Objective)
			if o.ThresholdMS > 0 {
				objective += fmt.Sprintf(" in %d ms", o.ThresholdMS)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", head, o.Name, objective, percent(o.Remaining), o.Bad, o.Valid, o.Window, foreseen(o.Forecast))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range b.Services {
		for _, o := range s.SLOs {
			if err := spentTable(out, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// partsAtMost is how many parts a table names; the others are printed together.
const partsAtMost = 5

// spentTable prints what spent the budget of an objective, as far as it is known: the
// lines of a respect add up to the bad events.
func spentTable(out io.Writer, o budgetapi.SLO) error {
	if o.Bad == 0 || len(o.SpentBy) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nWhat spends %s, %d bad events in %s:\n", o.Name, o.Bad, o.Window)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BY\tPART\tBAD\tVALID\tOF THE BUDGET")
	line := func(by, name string, p budgetapi.SpentPart) {
		valid := "-"
		if p.Valid != nil {
			valid = strconv.FormatUint(*p.Valid, 10)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", by, name, p.Bad, valid, percent(p.Cost))
	}
	for _, s := range o.SpentBy {
		other := s.Other
		for i, p := range s.Parts {
			if i < partsAtMost {
				line(s.Dimension, p.Name, p)
				continue
			}
			other.Bad, other.Cost = other.Bad+p.Bad, other.Cost+p.Cost
			if p.Valid != nil && other.Valid != nil {
				valid := *other.Valid + *p.Valid
				other.Valid = &valid
			}
		}
		if other.Bad > 0 {
			line(s.Dimension, "(others)", other)
		}
		if s.Unknown.Bad > 0 {
			line(s.Dimension, "(not known)", s.Unknown)
		}
	}
	return w.Flush()
}

// foreseen words a forecast; collectors of before have none.
func foreseen(f *budgetapi.Forecast) string {
	if f == nil {
		return "-"
	}
	return f.String()
}

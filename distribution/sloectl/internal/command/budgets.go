// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func newBudgets(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "budgets [SERVICE]",
		Short: "What is left of the error budgets, the worst first",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			service := ""
			if len(args) > 0 {
				service = args[0]
			}
			api, ctx, cancel := o.client(c.Context())
			defer cancel()
			b, err := api.Budgets(ctx, o.query(c.Flags(), service))
			if err != nil {
				return err
			}
			return o.print(c.OutOrStdout(), b, func(w io.Writer) error { return budgetsTable(w, b) })
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
	return w.Flush()
}

// foreseen words a forecast; collectors of before have none.
func foreseen(f *budgetapi.Forecast) string {
	if f == nil {
		return "-"
	}
	return f.String()
}

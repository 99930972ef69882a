// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/replay"
	"github.com/sloe-dev/sloe/internal/slo"
)

const replayHelp = `Feed counts through the windows, the policy and the alerts at speed, and print
what would have happened when.

FILE ending in .csv holds recorded counts: the header time,service,sli,good,bad,
then a line a minute and series, where a service is namespace/name@environment.
Any other FILE is a budget script:

  catalogue
    services:
      - {name: shop, tier: tier2}
  load
    shop http_availability 1000/0x1440 850/150x10 1000/0x60

which holds 1,000 good events a minute for a day, ten minutes with 15 % errors, and
a good hour. "-" stands for a minute without a count, "skip 30d" for time in which
nobody measures.`

func newReplay(o *options) *cobra.Command {
	set := replay.Options{}
	catalogue := ""
	c := &cobra.Command{
		Use:     "replay FILE",
		Short:   "What would have fired, and which state would have held, when",
		Long:    replayHelp,
		Example: "  sloectl replay --catalogue service_catalog.yaml --profile google-30d counts.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			if set.UnresponsiveAfter < 0 {
				return fmt.Errorf("--unresponsive-after must be 0 (never) or more, not %s", set.UnresponsiveAfter)
			}
			if catalogue != "" {
				snapshot, err := slo.LoadCatalogue(catalogue)
				if err != nil {
					return err
				}
				set.Catalogue = snapshot
			}
			events, err := replayFile(args[0], set)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return o.print(c.OutOrStdout(), map[string]any{"events": events}, func(w io.Writer) error { return replayTable(w, events) })
		},
	}
	c.Flags().StringVar(&catalogue, "catalogue", "", "the catalogue, in place of the script's")
	c.Flags().StringVar(&set.Profile, "profile", "simple", "the pairs of windows: simple, google-30d, 28d, 7d, 90d or workbook")
	c.Flags().Uint64Var(&set.MinBadEvents, "min-bad-events", 5, "how many bad events the long window must hold")
	c.Flags().Uint64Var(&set.MinBadSlices, "min-bad-slices", 2, "how many bad minutes it must hold, of objectives about time slices")
	c.Flags().DurationVar(&set.UnresponsiveAfter, "unresponsive-after", time.Hour, "after how long without traffic a listed service is alerted about, 0 for never")
	return c
}

func replayFile(path string, set replay.Options) ([]replay.Event, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	events := []replay.Event{}
	emit := func(e replay.Event) { events = append(events, e) }
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		err = replay.Table(bytes.NewReader(data), set, emit)
		return events, err
	}
	err = replay.Script(string(data), set, emit)
	return events, err
}

func replayTable(out io.Writer, events []replay.Event) error {
	if len(events) == 0 {
		_, err := fmt.Fprintln(out, "Nothing would have happened.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tSERVICE\tWHAT\tSLO\tBECOMES\tBUDGET LEFT")
	for _, e := range events {
		what, left := "state", "-"
		if e.Kind == "alert" {
			what = e.Name
		} else if e.Remaining != nil {
			left = percent(*e.Remaining)
		}
		objective := e.SLO
		if objective == "" {
			objective = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Time.Format(time.RFC3339), e.Service, what, objective, e.To, left)
	}
	return w.Flush()
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/internal/slo"
)

// exitInvalid: what was to be checked was read, and is wrong.
const exitInvalid = 1

const validateHelp = `Check catalogues as the collector would read them, several files together.

A directory stands for its .yaml and .yml files. All that is wrong is told at
once, by file and line.

Exit codes: 0 valid, 1 not valid, 3 a file cannot be read or the command is
wrong.`

func newSLO(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "slo",
		Short: "Work with catalogues of objectives",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:     "validate PATH...",
		Short:   "Check catalogues before a collector reads them",
		Long:    validateHelp,
		Example: "  sloectl slo validate service_catalog.yaml\n  sloectl slo validate tiers.yaml services.d",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			snapshot, err := slo.LoadCatalogue(args...)
			mistakes := slo.Mistakes(err)
			if err != nil && len(mistakes) == 0 {
				return err
			}
			v := newValidation(snapshot, mistakes)
			if err := o.print(c.OutOrStdout(), v, v.table); err != nil {
				return err
			}
			if !v.Valid {
				return verdict(exitInvalid)
			}
			return nil
		},
	})
	return c
}

// validation is what is to be said of a catalogue.
type validation struct {
	Valid    bool           `json:"valid"`
	Mistakes []*slo.Mistake `json:"mistakes"`
	SLOs     []validSLO     `json:"slos"`
}

// validSLO is one objective as it will be held.
type validSLO struct {
	Service   string `json:"service"`
	Tier      string `json:"tier"`
	Name      string `json:"name"`
	Indicator string `json:"indicator"`
	Kind      string `json:"kind"`
	Target    string `json:"target"`
	// ThresholdMS and SliceTarget are of those objectives that have one.
	ThresholdMS int64  `json:"threshold_ms,omitempty"`
	SliceTarget string `json:"slice_target,omitempty"`
	Window      string `json:"window"`
	// Named tells whether the catalogue names the objective. The others stand for
	// every indicator that is counted and has no named one: HTTP for all kinds.
	Named bool `json:"named"`
}

func newValidation(snapshot *slo.Snapshot, mistakes []*slo.Mistake) validation {
	v := validation{Valid: snapshot != nil, Mistakes: mistakes, SLOs: []validSLO{}}
	if mistakes == nil {
		v.Mistakes = []*slo.Mistake{}
	}
	if snapshot == nil {
		return v
	}
	for _, e := range snapshot.Entries() {
		objectives := e.Objectives
		for _, indicator := range []string{slo.HTTPAvailability, slo.HTTPLatency} {
			if o := e.ObjectivesFor(indicator)[0]; o.Implicit {
				objectives = append(objectives[:len(objectives):len(objectives)], o)
			}
		}
		for _, o := range objectives {
			s := validSLO{
				Service: e.Service.String(), Tier: e.Tier, Name: o.Name, Indicator: o.Indicator, Kind: string(o.Kind),
				Target: o.Target.String(), ThresholdMS: o.Threshold.Milliseconds(), Window: o.Window.String(), Named: !o.Implicit,
			}
			if o.Kind == slo.TimeSlices {
				s.SliceTarget = o.SliceTarget.String()
			}
			v.SLOs = append(v.SLOs, s)
		}
	}
	return v
}

// table prints the mistakes, or what is promised.
func (v validation) table(out io.Writer) error {
	for _, m := range v.Mistakes {
		if _, err := fmt.Fprintln(out, m); err != nil {
			return err
		}
	}
	if !v.Valid {
		_, err := fmt.Fprintf(out, "not valid: %d to mend\n", len(v.Mistakes))
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE\tTIER\tSLO\tINDICATOR\tTARGET\tGOOD IS\tWINDOW")
	services := map[string]bool{}
	for _, s := range v.SLOs {
		services[s.Service] = true
		name := s.Name
		if !s.Named {
			name = "(tier)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Service, s.Tier, name, s.Indicator, s.Target, s.good(), s.Window)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "valid: %d services\n", len(services))
	return err
}

// good words what makes an event or a minute good.
func (s validSLO) good() string {
	words := "without failure"
	if s.ThresholdMS > 0 {
		words = fmt.Sprintf("within %d ms", s.ThresholdMS)
	}
	if s.SliceTarget != "" {
		return fmt.Sprintf("a minute, %s of it %s", s.SliceTarget, words)
	}
	return "an event " + words
}

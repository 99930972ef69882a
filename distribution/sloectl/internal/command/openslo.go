// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/internal/openslo"
	"github.com/sloe-dev/sloe/internal/slo"
)

const importHelp = `Write the catalogue of OpenSLO v1 documents.

The catalogue goes to the output, and to standard error what of the documents is
not in it, or is in it in another form: a line each, by file and line.

The indicator of an SLI is told by the annotation sloe.dev/indicator, by
--indicator, or by the names of series in its queries.

Exit codes: 0 done, 1 with --strict: something is not in the catalogue as it was,
3 a document is wrong or cannot be read.`

const exportHelp = `Write what catalogues list as OpenSLO v1 documents.

What OpenSLO has no key for is written as annotations sloe.dev/..., which
'sloectl openslo import' reads. What the tier promises is written for the
indicators of --for, unless the service names objectives for them.`

func newOpenSLO() *cobra.Command {
	c := &cobra.Command{
		Use:   "openslo",
		Short: "Turn OpenSLO documents into a catalogue and back",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newOpenSLOImport(), newOpenSLOExport())
	return c
}

func newOpenSLOImport() *cobra.Command {
	var indicators map[string]string
	var strict bool
	c := &cobra.Command{
		Use:     "import FILE...",
		Short:   "Write the catalogue of OpenSLO documents",
		Long:    importHelp,
		Example: "  sloectl openslo import slos.yaml > catalogue.yaml\n  sloectl openslo import --indicator checkout-requests=http_availability slos.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var sources []slo.Source
			for _, path := range args {
				data, err := os.ReadFile(path)
				if err != nil {
					return fmt.Errorf("read OpenSLO: %w", err)
				}
				sources = append(sources, slo.Source{Name: path, Data: data})
			}
			catalogue, notes, err := openslo.Import(sources, openslo.Options{Indicators: indicators})
			if err != nil {
				return err
			}
			for _, n := range notes {
				fmt.Fprintln(c.ErrOrStderr(), n)
			}
			if _, err := c.OutOrStdout().Write(catalogue); err != nil {
				return err
			}
			if strict && len(notes) > 0 {
				return verdict(exitInvalid)
			}
			return nil
		},
	}
	c.Flags().StringToStringVar(&indicators, "indicator", nil, "the indicator of an SLI or SLO, by its metadata.name: NAME=INDICATOR; may be given again")
	c.Flags().BoolVar(&strict, "strict", false, "exit with 1 if something is not in the catalogue as it was")
	return c
}

func newOpenSLOExport() *cobra.Command {
	var indicators []string
	c := &cobra.Command{
		Use:     "export PATH...",
		Short:   "Write catalogues as OpenSLO documents",
		Long:    exportHelp,
		Example: "  sloectl openslo export service_catalog.yaml > openslo.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range indicators {
				if !slices.Contains(slo.Indicators(), name) {
					return fmt.Errorf("--for must be of %v, not %q", slo.Indicators(), name)
				}
			}
			snapshot, err := slo.LoadCatalogue(args...)
			if err != nil {
				return err
			}
			documents, err := openslo.Export(snapshot.Entries(), indicators)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(documents)
			return err
		},
	}
	c.Flags().StringSliceVar(&indicators, "for", []string{slo.HTTPAvailability, slo.HTTPLatency}, "built-in indicators whose tier objectives are written")
	return c
}

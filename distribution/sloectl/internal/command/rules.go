// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/rulecheck"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/rules"
	"github.com/sloe-dev/sloe/internal/slo"
)

const rulesHelp = `Make recording and alert rules for Prometheus from a catalogue, with unit tests
for promtool and a dashboard for Grafana.

Without --output-dir the rules of all services are printed. With it each service
has a file slo-SERVICE.yaml, and beside it, in the format prometheus,
slo-SERVICE_test.yaml for promtool's test rules. dashboard-PROFILE.json is for all.

--check writes nothing. It validates with Prometheus's own library what would be
written, or a rule file that exists.`

// rulesFlags are those of the command rules.
type rulesFlags struct {
	rules.Options
	format, outputDir string
	check             bool
}

func newRules() *cobra.Command {
	var f rulesFlags
	c := &cobra.Command{
		Use:     "rules CATALOGUE",
		Short:   "Rules for Prometheus from a catalogue",
		Long:    rulesHelp,
		Example: "  sloectl rules --output-dir rules/ service_catalog.yaml && promtool test rules rules/*_test.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.run(args[0], c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.Profile, "profile", rules.Classic, "names of series, groups and alerts: "+strings.Join(rules.Profiles, ", "))
	flags.StringVar(&f.Source, "source", rules.SLIEvents, "what the rules count: "+strings.Join(rules.Sources, ", "))
	flags.StringVar(&f.format, "format", rules.Prometheus, "format of the files: "+strings.Join(rules.Formats, ", "))
	flags.StringVar(&f.outputDir, "output-dir", "", "directory to write a file for each service into")
	flags.StringVar(&f.Burn, "burn", "", "windows of the alerts: "+strings.Join(burnrate.Names(), ", ")+" (default simple for classic, otherwise by the objective's window)")
	flags.StringSliceVar(&f.Indicators, "indicators", nil, "indicators to make rules for (default all)")
	flags.DurationVar(&f.UnresponsiveAfter, "unresponsive-after", rules.DefaultUnresponsiveAfter, "how long data may be absent before an alert")
	flags.DurationVar(&f.SilentAfter, "silent-after", 0, "how long a service may be without traffic before the same alert (default for ever)")
	flags.StringVar(&f.Runbook, "runbook", "", "URL for the annotation runbook; {service} stands for the name")
	flags.BoolVar(&f.check, "check", false, "validate, write nothing; the argument may also be a rule file")
	return c
}

func (f *rulesFlags) run(path string, out, errOut io.Writer) error {
	if !slices.Contains(rules.Formats, f.format) {
		return fmt.Errorf("--format must be one of %s, not %q", strings.Join(rules.Formats, ", "), f.format)
	}
	if f.check {
		if data, is := ruleFile(path); is {
			return report(out, path, 1, data)
		}
	}
	catalogue, err := slo.LoadCatalogue(path)
	if err != nil {
		return err
	}
	set, err := rules.Generate(catalogue.Entries(), f.Options)
	if err != nil {
		return fmt.Errorf("--%w", err)
	}
	for _, warning := range set.Warnings {
		fmt.Fprintln(errOut, "sloectl: warning:", warning)
	}
	switch {
	case f.check:
		return checkSet(out, path, set)
	case f.outputDir == "":
		return rules.Write(out, f.format, set.Files...)
	}
	return f.save(out, set)
}

// ruleFile reads a file if it has rules rather than services.
func ruleFile(path string) ([]byte, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	var doc map[string]yaml.Node
	if yaml.Unmarshal(data, &doc) != nil {
		return nil, false
	}
	_, is := doc["groups"]
	return data, is
}

func checkSet(out io.Writer, path string, set rules.Set) error {
	var all [][]byte
	for _, file := range set.Files {
		var b bytes.Buffer
		if err := rules.Write(&b, rules.Prometheus, file); err != nil {
			return err
		}
		all = append(all, b.Bytes())
	}
	return report(out, path, len(all), all...)
}

func report(out io.Writer, path string, files int, all ...[]byte) error {
	var total rulecheck.Count
	var errs []error
	for _, data := range all {
		c, err := rulecheck.Check(data)
		errs = append(errs, err)
		total.Groups += c.Groups
		total.Rules += c.Rules
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err := fmt.Fprintf(out, "valid: %d files, %d groups, %d rules\n", files, total.Groups, total.Rules)
	return err
}

func (f *rulesFlags) save(out io.Writer, set rules.Set) error {
	if err := os.MkdirAll(f.outputDir, 0o755); err != nil {
		return fmt.Errorf("--output-dir: %w", err)
	}
	began := time.Now()
	write := func(name string, fill func(io.Writer) error) error {
		var b bytes.Buffer
		if err := fill(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(f.outputDir, name), b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("--output-dir: %w", err)
		}
		return nil
	}
	if err := write("dashboard-"+f.Profile+".json", func(w io.Writer) error { return rules.WriteDashboard(w, f.Profile) }); err != nil {
		return err
	}
	for _, file := range set.Files {
		name := file.Name + ".yaml"
		if err := write(name, func(w io.Writer) error { return rules.Write(w, f.format, file) }); err != nil {
			return err
		}
		if f.format != rules.Prometheus {
			continue // promtool reads its own format alone
		}
		if err := write(file.Name+"_test.yaml", func(w io.Writer) error { return rules.WriteTests(w, name, file.Tests()) }); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d services written to %s in %s\n", len(set.Files), f.outputDir, time.Since(began).Round(time.Millisecond))
	return err
}

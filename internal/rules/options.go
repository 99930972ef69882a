// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Naming profiles.
const (
	Classic = "classic"
	Sloth   = "sloth"
	Pyrra   = "pyrra"
)

// Sources of the counts.
const (
	// SLIEvents is sli_events_total, which the sli connector counts.
	SLIEvents = "sli_events"
	// Histograms are the duration histograms of the conventions.
	Histograms = "histograms"
	// HistogramsOld are the duration histograms by their older names.
	HistogramsOld = "histograms_old"
)

// Profiles, Sources and Indicators are the values that Options may have.
var (
	Profiles   = []string{Classic, Sloth, Pyrra}
	Sources    = []string{SLIEvents, Histograms, HistogramsOld}
	Indicators = []string{
		slo.HTTPAvailability, slo.HTTPLatency, slo.GRPCAvailability, slo.GRPCLatency, slo.DBAvailability, slo.DBLatency,
	}
)

// DefaultUnresponsiveAfter is how long a listed service may be without data.
const DefaultUnresponsiveAfter = 10 * time.Minute

// Options of a set. The zero value is the default.
type Options struct {
	// Profile names series, groups and alerts; classic by default.
	Profile string
	// Source of the counts; sli_events by default.
	Source string
	// Burn is a profile of burn-rate windows. By default classic has simple, and
	// the others the one for the window of each objective.
	Burn string
	// Indicators to make rules for; all by default.
	Indicators []string
	// UnresponsiveAfter is how long data may be absent before an alert.
	UnresponsiveAfter time.Duration
	// SilentAfter is how long a service may be without traffic before the same
	// alert fires. 0, the default, allows it for ever.
	SilentAfter time.Duration
	// Runbook is a URL for the annotation; {service} stands for the name. Without
	// it the annotation says what to look at.
	Runbook string
}

// check fills in the defaults and returns what is wrong, by option.
func (o Options) check() (Options, error) {
	if o.Profile == "" {
		o.Profile = Classic
	}
	if o.Source == "" {
		o.Source = SLIEvents
	}
	if o.UnresponsiveAfter == 0 {
		o.UnresponsiveAfter = DefaultUnresponsiveAfter
	}
	if len(o.Indicators) == 0 {
		o.Indicators = Indicators
	}
	if o.Burn == "" && o.Profile == Classic {
		o.Burn = burnrate.Simple
	}
	if !slices.Contains(Profiles, o.Profile) {
		return o, fmt.Errorf("profile must be one of %s, not %q", strings.Join(Profiles, ", "), o.Profile)
	}
	if !slices.Contains(Sources, o.Source) {
		return o, fmt.Errorf("source must be one of %s, not %q", strings.Join(Sources, ", "), o.Source)
	}
	if o.Burn != "" {
		if _, err := burnrate.Named(o.Burn); err != nil {
			return o, fmt.Errorf("burn %w", err)
		}
	}
	for _, name := range o.Indicators {
		if !slices.Contains(Indicators, name) {
			return o, fmt.Errorf("indicators must be of %s, not %q", strings.Join(Indicators, ", "), name)
		}
	}
	for name, d := range map[string]time.Duration{"unresponsive-after": o.UnresponsiveAfter, "silent-after": o.SilentAfter} {
		if d < 0 || d%time.Second != 0 {
			return o, fmt.Errorf("%s must be whole seconds, 0 or more, not %s", name, d)
		}
	}
	return o, nil
}

// burn returns the windows of the alerts of an objective.
func (o Options) burn(period time.Duration) burnrate.Profile {
	if p, err := burnrate.Named(o.Burn); err == nil {
		return p
	}
	return burnrate.ForPeriod(period)
}

// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// plan is one service of the catalogue, ready to be written as rules.
type plan struct {
	Options
	source     source
	entry      slo.Entry
	id         string // of the service, safe in file and group names, unique
	region     region
	objectives []objective
}

// objective is one indicator of a service and what is promised for it.
type objective struct {
	indicator string
	target    slo.Ratio
	// threshold bounds a good event's duration; 0 if the indicator has none.
	threshold time.Duration
	period    time.Duration
	burn      burnrate.Profile
	// pairs are those of burn that the target can reach.
	pairs []burnrate.Pair
}

func isLatency(indicator string) bool { return strings.HasSuffix(indicator, "_latency") }

// objectivesOf lists what is promised for an entry, and what had to be left out.
func objectivesOf(e slo.Entry, o Options, src source) (all []objective, warnings []string) {
	for _, indicator := range o.Indicators {
		obj := objective{indicator: indicator, target: e.Availability, period: e.Window}
		if isLatency(indicator) {
			obj.target, obj.threshold = e.LatencyTarget, e.LatencyThreshold
		}
		if why := src.lacks(indicator); why != "" {
			warnings = append(warnings, fmt.Sprintf("%s: %s is left out: %s", e.Service, indicator, why))
			continue
		}
		obj.burn = o.burn(obj.period)
		for _, pair := range obj.burn.Pairs {
			if pair.Reachable(obj.target) {
				obj.pairs = append(obj.pairs, pair)
				continue
			}
			warnings = append(warnings, fmt.Sprintf(
				"%s: the alert of %s over %s and %s is left out: at a target of %s the burn is never greater than its factor %s",
				e.Service, indicator, span(pair.Long), span(pair.Short), obj.target, decimal(pair.Factor)))
		}
		all = append(all, obj)
	}
	return all, warnings
}

// budget is the share of events that may fail, as an exact decimal.
func (o objective) budget() string { return o.target.Complement().String() }

// windows are those that the alerts read, ascending, and at least 5m.
func (o objective) windows() []time.Duration {
	if w := o.burn.Windows(); len(w) > 0 {
		return w
	}
	return []time.Duration{5 * time.Minute}
}

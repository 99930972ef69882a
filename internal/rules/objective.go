// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
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

// objective is what is promised for one indicator of a service.
type objective struct {
	name      string // unique within the service
	indicator string
	series    string // sli.name of its events
	target    slo.Ratio
	// threshold bounds a good event's duration; 0 if the indicator has none.
	threshold time.Duration
	// period of the budget. Rules cannot follow the calendar: calendar tells that
	// there is none for what is left of it.
	period   time.Duration
	calendar bool
	burn     burnrate.Profile
	// pairs are those of burn that the target can reach and that are not switched
	// off.
	pairs               []burnrate.Pair
	labels, annotations map[string]string
}

// objectivesOf lists what is promised for an entry, and what had to be left out.
func objectivesOf(e slo.Entry, o Options, src source) (all []objective, warnings []string) {
	leave := func(what, why string) {
		warnings = append(warnings, fmt.Sprintf("%s: %s is left out: %s", e.Service, what, why))
	}
	for _, indicator := range indicatorsOf(e, o) {
		for _, promised := range e.ObjectivesFor(indicator) {
			if why := src.lacks(promised); why != "" {
				leave(promised.Name, why)
				continue
			}
			if promised.Kind == slo.TimeSlices {
				leave(promised.Name, "minutes cannot be judged by rules over rates; the error_budget extension alerts on it")
				continue
			}
			obj := objectiveOf(e, promised, o)
			for _, pair := range obj.burn.Pairs {
				switch alert := "the alert of " + promised.Name + " over " + span(pair.Long) + " and " + span(pair.Short); {
				case promised.AlertOff(pair.Alert()):
				case !pair.Reachable(obj.target):
					leave(alert, fmt.Sprintf("at a target of %s the burn is never greater than its factor %s", obj.target, decimal(pair.Factor)))
				default:
					obj.pairs = append(obj.pairs, pair)
				}
			}
			if obj.calendar {
				leave("what is left of the budget of "+promised.Name, "its window is the "+promised.Window.String()+"; ask the error_budget extension")
			}
			all = append(all, obj)
		}
	}
	return all, warnings
}

func objectiveOf(e slo.Entry, promised slo.Objective, o Options) objective {
	period := promised.Window.Longest().Truncate(24 * time.Hour) // without the hour that a change of clocks may add
	return objective{
		name: promised.Name, indicator: promised.Indicator, series: e.Series(promised),
		target: promised.Target, threshold: promised.Threshold, burn: o.burn(period),
		period: period, calendar: promised.Window.Calendar != slo.Rolling,
		labels: promised.Labels, annotations: promised.Annotations,
	}
}

// indicatorsOf lists the options' indicators, and those of a user's own that the
// catalogue has an objective for.
func indicatorsOf(e slo.Entry, o Options) []string {
	all := slices.Clone(o.Indicators)
	for _, promised := range e.Objectives {
		if !slices.Contains(Indicators, promised.Indicator) && !slices.Contains(all, promised.Indicator) {
			all = append(all, promised.Indicator)
		}
	}
	return all
}

func isLatency(indicator string) bool { return slo.IsLatency(indicator) }

// budget is the share of events that may fail, as an exact decimal.
func (o objective) budget() string { return o.target.Complement().String() }

// windows are those that the alerts read, ascending, and at least 5m.
func (o objective) windows() []time.Duration {
	if w := o.burn.Windows(); len(w) > 0 {
		return w
	}
	return []time.Duration{5 * time.Minute}
}

// watches tells whether the objective has the alert of a pair.
func (o objective) watches(pair burnrate.Pair) bool {
	return slices.ContainsFunc(o.pairs, func(own burnrate.Pair) bool { return own.Long == pair.Long && own.Short == pair.Short })
}

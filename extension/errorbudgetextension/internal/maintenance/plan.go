// SPDX-License-Identifier: Apache-2.0

package maintenance

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Plan is a file of exclusions as it was read. It never changes.
type Plan struct {
	entries []entry
}

// entry is one exclusion.
type entry struct {
	name     string
	services []string // patterns
	start    time.Time
	length   time.Duration
	rule     *rrule.RRule // nil if it comes once
}

// Intervals returns the minutes of [from, to) that are excluded for a service,
// in ascending order and without overlaps. A minute is excluded if any part of
// it is.
func (p *Plan) Intervals(service slo.Service, from, to time.Time) []budget.Interval {
	var all []budget.Interval
	for _, e := range p.entries {
		if e.names(service) {
			all = append(all, e.intervals(from, to)...)
		}
	}
	slices.SortFunc(all, func(a, b budget.Interval) int { return int(a.From - b.From) })
	return merge(all)
}

// Len returns how many exclusions there are.
func (p *Plan) Len() int { return len(p.entries) }

// names tells whether a pattern fits the service: its name, or, of a pattern
// with a slash or an at sign, namespace/name@environment.
func (e entry) names(service slo.Service) bool {
	for _, pattern := range e.services {
		subject := service.Name
		if strings.ContainsAny(pattern, "/@") {
			subject = service.String()
		}
		if ok, err := path.Match(pattern, subject); err == nil && ok {
			return true
		}
	}
	return false
}

func (e entry) intervals(from, to time.Time) []budget.Interval {
	starts := []time.Time{e.start}
	if e.rule != nil {
		starts = e.rule.Between(from.Add(-e.length), to, true)
	}
	var out []budget.Interval
	for _, start := range starts {
		end := start.Add(e.length)
		if end.After(from) && start.Before(to) {
			out = append(out, budget.Interval{From: slo.MinuteOf(start), To: slo.MinuteOf(end.Add(time.Minute - time.Nanosecond))})
		}
	}
	return out
}

// merge joins intervals, ascending by their start, that touch or overlap.
func merge(all []budget.Interval) []budget.Interval {
	var out []budget.Interval
	for _, i := range all {
		if n := len(out); n > 0 && i.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, i.To)
			continue
		}
		out = append(out, i)
	}
	return out
}

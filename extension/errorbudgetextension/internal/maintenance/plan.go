// SPDX-License-Identifier: Apache-2.0

package maintenance

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/budgetapi"
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
	ruleText string       // as it is written
	added    *budgetapi.ExclusionEntry
}

// Stretch is one time that an exclusion comes.
type Stretch struct {
	Name string
	// Services are the patterns.
	Services []string
	// Rule by which it comes again, empty if it comes once.
	Rule       string
	Start, End time.Time
	// Added is how it was added, nil of one of the file.
	Added *budgetapi.ExclusionEntry
}

// Minutes returns the minutes that are excluded: those of which any part is.
func (s Stretch) Minutes() budget.Interval {
	return budget.Interval{From: slo.MinuteOf(s.Start), To: slo.MinuteOf(s.End.Add(time.Minute - time.Nanosecond))}
}

// Names tells whether the exclusion is about a service.
func (s Stretch) Names(service slo.Service) bool { return entry{services: s.Services}.names(service) }

// Join returns the exclusions of several plans as one.
func Join(plans ...*Plan) *Plan {
	all := &Plan{}
	for _, p := range plans {
		all.entries = append(all.entries, p.entries...)
	}
	return all
}

// stretchesEach bounds how many stretches of one exclusion are listed.
const stretchesEach = 1000

// Stretches returns the times at which the exclusions come that end after from, up
// to those that are in force now, and of each the next one; the oldest first.
func (p *Plan) Stretches(from, now time.Time) []Stretch {
	var all []Stretch
	for _, e := range p.entries {
		starts := e.starts(from, now)
		if next, ok := e.next(now); ok {
			starts = append(starts, next)
		}
		for _, start := range starts[max(0, len(starts)-stretchesEach):] {
			all = append(all, Stretch{Name: e.name, Services: e.services, Rule: e.ruleText, Start: start.UTC(), End: start.Add(e.length).UTC(), Added: e.added})
		}
	}
	slices.SortStableFunc(all, func(a, b Stretch) int { return a.Start.Compare(b.Start) })
	return all
}

// next returns the first start at now or after it, and whether there is one.
func (e entry) next(now time.Time) (time.Time, bool) {
	start := e.start
	if e.rule != nil {
		start = e.rule.After(now, true)
	}
	return start, !start.IsZero() && !start.Before(now)
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

// starts returns when the exclusion begins, of those times that reach into
// [from, to).
func (e entry) starts(from, to time.Time) []time.Time {
	starts := []time.Time{e.start}
	if e.rule != nil {
		starts = e.rule.Between(from.Add(-e.length), to, true)
	}
	return slices.DeleteFunc(starts, func(start time.Time) bool { return !start.Add(e.length).After(from) || !start.Before(to) })
}

func (e entry) intervals(from, to time.Time) []budget.Interval {
	var out []budget.Interval
	for _, start := range e.starts(from, to) {
		out = append(out, Stretch{Start: start, End: start.Add(e.length)}.Minutes())
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

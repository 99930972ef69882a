// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is how an objective judges the counts of its indicator.
type Kind string

const (
	// EventRatio: the share of good events among the valid ones is the target or
	// more.
	EventRatio Kind = "events"
	// Latency: as EventRatio, where good is a duration of Threshold or less.
	Latency Kind = "latency"
	// TimeSlices: the share of good minutes is the target or more. A minute is
	// good if SliceTarget of its events are. Minutes without events, and such as
	// nobody measured, are none.
	TimeSlices Kind = "time_slices"
)

// Objective is one service level objective. It is a value; its maps and slices
// are shared and must not be changed.
type Objective struct {
	// Name is unique within the service.
	Name string
	// Indicator is the sli.name whose events the objective is about.
	Indicator string
	Kind      Kind
	// Target is the share of good events, or of good minutes, that is promised:
	// greater than 0 and less than 1.
	Target Ratio
	// Threshold is the longest good duration of a Latency objective, inclusive. It
	// is 0 for the others, and for time slices that are not about latency.
	Threshold time.Duration
	// Felt tells that the duration is what the caller felt: see Limit.
	Felt bool
	// SliceTarget is the share of good events that makes a minute good, of
	// TimeSlices alone.
	SliceTarget Ratio
	Window      Window
	// MinEvents is the number of valid events (of TimeSlices: minutes) in the
	// window below which the objective is not judged.
	MinEvents uint64
	// Labels and Annotations travel to the alerts of the objective.
	Labels, Annotations map[string]string
	// AlertsOff names the alerts that are switched off, by AlertNames.
	AlertsOff []string
	// Implicit tells that the catalogue does not name the objective: it is what
	// the tier promises for the indicator.
	Implicit bool
}

// latencySuffix ends the name of every latency indicator; all others are about
// availability. Indicators of a user's own are named by the same rule.
const latencySuffix = "_latency"

// IsLatency tells whether an indicator is about durations.
func IsLatency(indicator string) bool { return strings.HasSuffix(indicator, latencySuffix) }

// Alerts that an objective may switch off.
const (
	AlertPage         = "page"         // burn rates that wake somebody
	AlertTicket       = "ticket"       // burn rates that can wait for the morning
	AlertUnresponsive = "unresponsive" // no traffic for long
)

// AlertNames lists what alerts_off may hold; "all" stands for each.
func AlertNames() []string { return []string{AlertPage, AlertTicket, AlertUnresponsive} }

// AlertOff tells whether an alert of the objective is switched off.
func (o Objective) AlertOff(alert string) bool { return slices.Contains(o.AlertsOff, alert) }

// ObjectivesFor returns the objectives that hold for an indicator of the service:
// those that the catalogue names, or else the one that the tier promises.
func (e Entry) ObjectivesFor(indicator string) []Objective {
	var named []Objective
	for _, o := range e.Objectives {
		if o.Indicator == indicator {
			named = append(named, o)
		}
	}
	if named == nil {
		named = append(named, e.implicit(indicator))
	}
	return named
}

// implicit returns what the tier promises for an indicator, under the
// indicator's own name.
func (e Entry) implicit(indicator string) Objective {
	o := Objective{
		Name:        indicator,
		Indicator:   indicator,
		Kind:        EventRatio,
		Target:      e.Availability,
		Window:      e.BudgetWindow,
		MinEvents:   e.MinEvents,
		Labels:      e.Labels,
		Annotations: e.Annotations,
		AlertsOff:   e.AlertsOff,
		Implicit:    true,
	}
	if o.Window.IsZero() {
		o.Window = RollingWindow(e.Window)
	}
	if IsLatency(indicator) {
		limit := e.Limit(indicator)
		o.Kind, o.Target, o.Threshold, o.Felt = Latency, e.LatencyTarget, limit.Threshold, limit.Felt
	}
	return o
}

// Series returns the sli.name under which the objective's events are counted: its
// indicator, unless it has a latency limit that is not the service's own, which is
// counted apart, such as http_latency_100ms, or http_latency_felt_100ms.
func (e Entry) Series(o Objective) string {
	if o.Threshold == 0 || o.Limit() == e.Limit(o.Indicator) {
		return o.Indicator
	}
	name := o.Indicator
	if o.Felt {
		name += feltInfix
	}
	return name + "_" + strconv.FormatInt(o.Threshold.Milliseconds(), 10) + "ms"
}

// AppendObjectivesOf appends the objectives whose events are counted under a name:
// that of an indicator, or of a threshold that is counted apart. A series that was
// counted for an objective that is no more has none.
func (e *Entry) AppendObjectivesOf(to []Objective, series string) []Objective {
	before := len(to)
	for _, o := range e.Objectives {
		if e.Series(o) == series {
			to = append(to, o)
		}
	}
	if len(to) > before || IsApart(series) {
		return to
	}
	if slices.ContainsFunc(e.Objectives, func(o Objective) bool { return o.Indicator == series }) {
		return to // they take the implicit one's place, under names of their own
	}
	return append(to, e.implicit(series))
}

// apartName is the form of a name that Series gives to what is counted apart.
var apartName = regexp.MustCompile(latencySuffix + `(` + feltInfix + `)?_[0-9]+ms$`)

// feltInfix marks a series of what callers felt.
const feltInfix = "_felt"

// IsApart tells whether a name may be that of a threshold that is counted apart.
func IsApart(series string) bool { return apartName.MatchString(series) }

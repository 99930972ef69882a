// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"maps"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// State of an alert.
type State string

const (
	// Pending: the condition holds, and has to hold longer.
	Pending State = "pending"
	// Firing: somebody is to be told.
	Firing State = "firing"
	// Resolved: it fired, and the condition ended.
	Resolved State = "resolved"
)

// States lists every State.
func States() []State { return []State{Pending, Firing, Resolved} }

// ID tells an alert from all others. SLO is empty for alerts of a whole service,
// and so is Service for those of the engine itself.
type ID struct {
	Service slo.Service
	SLO     string
	Name    string
}

// Alert is one alert as it stands. Its maps are never changed.
type Alert struct {
	ID          ID
	State       State
	Labels      map[string]string
	Annotations map[string]string
	// Since is when the state began: the end of the minute that led to it.
	Since time.Time
	// StartsAt is when the condition began, EndsAt when it ended.
	StartsAt, EndsAt time.Time
	// Fast tells that the budget burns so fast that no release is to go to all.
	Fast bool
}

// condition is what one evaluation finds of one alert.
type condition struct {
	id                  ID
	labels, annotations map[string]string
	holds               bool
	pending             time.Duration // how long it must hold
	keep                time.Duration // how long it stays while nothing is known
	blind               bool          // nothing is known of the service now
	fast                bool
}

// tracked is an alert and what the next evaluation needs to know of it.
type tracked struct {
	Alert
	lastHeld time.Time
}

// resolvedFor is how long a resolved alert is remembered, so that a receiver
// that was away learns of it.
const resolvedFor = 15 * time.Minute

// step moves an alert on by one evaluation. It returns nil if there is none any
// more.
func step(t *tracked, c condition, now time.Time) *tracked {
	if t == nil || t.State == Resolved && c.holds {
		if !c.holds {
			return nil
		}
		t = &tracked{Alert: Alert{ID: c.id, State: Pending, Since: now, StartsAt: now}}
	}
	// What is not known to have ended has not: a collector that went blind sees
	// no bad events.
	holds := c.holds || c.blind && t.State == Firing && now.Sub(t.lastHeld) < c.keep
	if c.holds {
		t.lastHeld = now
		t.Labels, t.Annotations, t.Fast = c.labels, c.annotations, c.fast
	}
	switch {
	case t.State == Pending && !holds:
		return nil
	case t.State == Pending && now.Sub(t.StartsAt) >= c.pending:
		t.State, t.Since = Firing, now
	case t.State == Firing && !holds:
		t.State, t.Since, t.EndsAt = Resolved, now, now
	case t.State == Resolved && now.Sub(t.EndsAt) >= resolvedFor:
		return nil
	}
	return t
}

// merged returns the maps as one; later ones win.
func merged(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	maps.DeleteFunc(out, func(_, v string) bool { return v == "" })
	return out
}

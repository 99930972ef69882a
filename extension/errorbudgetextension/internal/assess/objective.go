// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"slices"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Objective is one objective of a service and what was counted for it. Several
// may be about one indicator.
type Objective struct {
	// Promise is what the catalogue says, or the tier. Its name is unique within
	// the service.
	Promise slo.Objective
	// Indicator whose events the objective is about. It has no definition if
	// nothing was counted yet.
	Indicator *budget.Indicator
	// Tally holds the counts of the objective's window, of minutes if they are
	// judged. Nothing is known while Unread.
	Tally budget.Tally
	// Unread tells that the counts of the window cannot be read now.
	Unread bool
	Spend  budget.Spend
	// Threshold is the longest good duration, 0 if the indicator is none of
	// latency.
	Threshold time.Duration
}

// objectivesOf returns the objectives that hold for what was counted, and after
// them those that the catalogue names for what was not counted yet.
func objectivesOf(entry *slo.Entry, view *budget.View) []Objective {
	if !view.Seen {
		return nil
	}
	objectives := make([]Objective, 0, len(view.Indicators))
	var room [4]slo.Objective
	for n := range view.Indicators {
		i := &view.Indicators[n]
		for _, o := range entry.AppendObjectivesOf(room[:0], i.SLI) {
			objectives = append(objectives, objectiveOf(o, i))
		}
	}
	for _, o := range entry.Objectives {
		series := entry.Series(o)
		if !slices.ContainsFunc(view.Indicators, func(i budget.Indicator) bool { return i.SLI == series }) {
			none := budget.Tally{Coverage: view.Coverage}
			objectives = append(objectives, Objective{
				Promise: o, Indicator: &budget.Indicator{SLI: series}, Tally: none,
				Spend: budget.Spend{Objective: o.Target}, Threshold: o.Threshold,
			})
		}
	}
	return objectives
}

func objectiveOf(o slo.Objective, i *budget.Indicator) Objective {
	tally, read := i.Tally(o.Window, o.SliceTarget)
	return Objective{
		Promise:   o,
		Indicator: i,
		Tally:     tally,
		Unread:    !read,
		Spend:     budget.Spend{Good: tally.Counts.Good, Bad: tally.Counts.Bad, Objective: o.Target},
		Threshold: o.Threshold,
	}
}

// minEvents is how many valid events it takes to be judged. What cannot be read
// is not judged: nothing of it is known.
func (o *Objective) minEvents() uint64 {
	if o.Unread {
		return max(o.Promise.MinEvents, 1)
	}
	return o.Promise.MinEvents
}

// blind tells that requests of a protocol were judged by other objectives, and none
// by one that is about what callers felt: nobody says how long they waited.
func blind(o *Objective, all []Objective) bool {
	if !o.Promise.Felt || o.Unread || o.Spend.Valid() > 0 {
		return false
	}
	protocol, _, _ := strings.Cut(o.Promise.Indicator, "_")
	return slices.ContainsFunc(all, func(other Objective) bool {
		same, _, _ := strings.Cut(other.Promise.Indicator, "_")
		return same == protocol && !other.Promise.Felt && other.Spend.Valid() > 0
	})
}

// badFallsTo is that of the window; without counts there is nothing to wait for.
func (o *Objective) badFallsTo(limit uint64) slo.Minute {
	if o.Spend.Valid() == 0 {
		return 0
	}
	return o.Tally.BadFallsTo(limit)
}

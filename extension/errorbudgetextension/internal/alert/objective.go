// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// objective is one objective of a service, with what was counted for it.
type objective struct {
	slo.Objective
	service   slo.Service
	entry     slo.Entry
	indicator budget.Indicator // whose events it is about
	window    time.Duration
}

// watched returns the objectives of a service that something was counted for.
func watched(service slo.Service, entry slo.Entry, view budget.View) []objective {
	var all []objective
	var room [4]slo.Objective
	for _, i := range view.Indicators {
		for _, o := range entry.AppendObjectivesOf(room[:0], i.SLI) {
			all = append(all, objective{Objective: o, service: service, entry: entry, indicator: i, window: lengthOf(o.Window, entry)})
		}
	}
	return all
}

// minBad is how many bad events, or bad minutes, the long window must hold.
func (s *Settings) minBad(o objective) uint64 {
	if o.Kind == slo.TimeSlices {
		return max(s.MinBadSlices, 1)
	}
	return max(s.MinBad, 1)
}

// lengthOf returns the length of a budget's window; a calendar's is taken for
// that of the service, as its months differ.
func lengthOf(w slo.Window, entry slo.Entry) time.Duration {
	if w.Length > 0 {
		return w.Length
	}
	return entry.Window
}

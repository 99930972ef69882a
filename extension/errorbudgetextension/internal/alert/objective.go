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
	service slo.Service
	entry   slo.Entry
	sli     string // under which its events are counted
	window  time.Duration
	counts  budget.Counts // of the service's window
}

// watched returns the objectives of a service that something was counted for and
// that are about events. Whether a minute was good is known to no short window.
func watched(service slo.Service, entry slo.Entry, view budget.View) []objective {
	var all []objective
	for _, i := range view.Indicators {
		for _, o := range entry.ObjectivesOf(i.SLI) {
			if o.Kind != slo.TimeSlices {
				all = append(all, objective{Objective: o, service: service, entry: entry, sli: i.SLI, window: lengthOf(o.Window, entry), counts: i.Counts})
			}
		}
	}
	return all
}

// lengthOf returns the length of a budget's window; a calendar's is taken for
// that of the service, as its months differ.
func lengthOf(w slo.Window, entry slo.Entry) time.Duration {
	if w.Length > 0 {
		return w.Length
	}
	return entry.Window
}

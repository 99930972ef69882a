// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Objective is one indicator of a service, held against what is promised.
type Objective struct {
	Indicator budget.Indicator
	Spend     budget.Spend
	// Threshold is the longest good duration, 0 if the indicator is none of
	// latency.
	Threshold time.Duration
}

// latencySuffix ends the name of every latency indicator; all others are about
// availability. Indicators of a user's own are named by the same rule.
const latencySuffix = "_latency"

func objectivesOf(entry slo.Entry, view budget.View) []Objective {
	objectives := make([]Objective, 0, len(view.Indicators))
	for _, i := range view.Indicators {
		o := Objective{Indicator: i, Spend: budget.Spend{Good: i.Counts.Good, Bad: i.Counts.Bad, Objective: entry.Availability}}
		if strings.HasSuffix(i.SLI, latencySuffix) {
			o.Spend.Objective, o.Threshold = entry.LatencyTarget, entry.LatencyThreshold
		}
		objectives = append(objectives, o)
	}
	return objectives
}

// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// objective is one objective of a service, with what was counted for it.
type objective struct {
	service             slo.Service
	entry               slo.Entry
	name, indicator     string
	target              slo.Ratio
	window              time.Duration
	counts              budget.Counts // of the whole window
	labels, annotations map[string]string
	alertsOff           []string
}

func (o objective) off(string) bool { return false }

// watched returns the objectives of a service that something was counted for.
func watched(service slo.Service, entry slo.Entry, view budget.View) []objective {
	all := make([]objective, 0, len(view.Indicators))
	for _, i := range view.Indicators {
		o := objective{service: service, entry: entry, name: i.SLI, indicator: i.SLI, target: entry.Availability, window: entry.Window, counts: i.Counts}
		if strings.HasSuffix(i.SLI, "_latency") {
			o.target = entry.LatencyTarget
		}
		all = append(all, o)
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package replaybed

import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"

const (
	hour  = 60 // minutes
	day   = 24 * hour
	month = 31 * day
)

// event is a stretch of the month in which a share of the requests fails.
type event struct {
	name       string
	from, to   int // minutes
	perMinute  uint64
	badPerMill uint64
}

var happenings = []event{
	{"an outage: nothing answers", 9*day + 12*hour, 9*day + 12*hour + 40, 600, 1000},
	{"a burst: ten times the traffic, and too much of it", 16*day + 15*hour, 16*day + 16*hour + 30, 6000, 30},
	{"a slow burn", 22*day + 8*hour, 22*day + 20*hour, 600, 4},
	{"a blip that is nobody's business", 26*day + 10*hour, 26*day + 10*hour + 1, 600, 20},
}

// restarts are the minutes at whose start the collector starts anew, its counters
// at zero: in an idle night, and in the middle of the burst.
var restarts = []int{12*day + 3*hour, 16*day + 15*hour + 40}

// minute returns what is counted in a minute of the month: 600 requests by day, of
// which one in half an hour fails, and nothing from one to five at night.
func minute(m int) budget.Counts {
	for _, e := range happenings {
		if m >= e.from && m < e.to {
			bad := e.perMinute * e.badPerMill / 1000
			return budget.Counts{Good: e.perMinute - bad, Bad: bad}
		}
	}
	switch {
	case m%day >= hour && m%day < 5*hour:
		return budget.Counts{}
	case m%30 == 7:
		return budget.Counts{Good: 599, Bad: 1}
	}
	return budget.Counts{Good: 600}
}

// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a container's image need not hold the zones
)

// start returns the first instant of the calendar period that holds an instant,
// or of the one so many periods later.
func (w Window) start(now time.Time, later int) time.Time {
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := now.In(zone)
	year, month, date := local.Date()
	switch w.Calendar {
	case Week:
		sinceMonday := (int(local.Weekday()) + 6) % 7
		return midnight(year, month, date-sinceMonday+7*later, zone)
	case Quarter:
		first := month - (month-1)%3
		return midnight(year, first+time.Month(3*later), 1, zone)
	}
	return midnight(year, month+time.Month(later), 1, zone)
}

// midnight returns the first instant of a local date. Where the clocks are put
// forward over midnight, the date starts at the change.
func midnight(year int, month time.Month, date int, zone *time.Location) time.Time {
	t := time.Date(year, month, date, 0, 0, 0, 0, zone)
	if t.Hour() == 0 && t.Minute() == 0 {
		return t
	}
	// There is no such midnight. time.Date then answers as if the clocks had been
	// changed earlier, or not at all: on either side of the change.
	start, end := t.ZoneBounds()
	if t.Hour() >= 12 {
		return end // still on the day before
	}
	return start
}

// zones holds every zone that was asked for once, so that equal names are equal
// pointers and a Window is comparable.
var zones sync.Map // of *time.Location by name

// loadZone returns the zone of an IANA name; nil for UTC.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return nil, nil
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	// Local would be another one on each host.
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("must be an IANA time zone, such as Europe/Berlin or UTC, not %q", name)
	}
	known, _ := zones.LoadOrStore(name, zone)
	return known.(*time.Location), nil
}

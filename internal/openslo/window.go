// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// rollingWindows are the durations of rolling windows that a catalogue has.
var rollingWindows = map[string]string{
	"7d": "7d", "1w": "7d", "28d": "28d", "4w": "28d", "30d": "30d", "90d": "90d", "168h": "7d", "672h": "28d", "720h": "30d", "2160h": "90d",
}

// calendarWindows are the durations of calendar windows that a catalogue has.
var calendarWindows = map[string]slo.Calendar{"1w": slo.Week, "7d": slo.Week, "1M": slo.Month, "1Q": slo.Quarter, "3M": slo.Quarter}

// startLayouts are those of calendar.startTime.
var startLayouts = []string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05", time.DateOnly}

// window reads spec.timeWindow into an objective. What a catalogue has not is
// noted, and the service's window holds.
func (im *importer) window(d *document, o *objective) {
	windows := d.spec.list("timeWindow")
	if len(windows) == 0 {
		im.note(d, 0, Changed, "it has no timeWindow; the service's window holds")
		return
	}
	w := windows[0]
	for _, more := range windows[1:] {
		more.takeAll()
		im.note(d, more.node.Line, LeftOut, "%s: an SLO has one window, the first", more.path)
	}
	duration, rolling := w.text("duration"), w.text("isRolling")
	calendar := w.child("calendar")
	start, zone := calendar.text("startTime"), calendar.text("timeZone")
	if rolling == "true" || rolling == "" && calendar.node == nil {
		if name, ok := rollingWindows[duration]; ok {
			o.Window = name
			return
		}
		im.note(d, w.node.Line, Changed, "the rolling window %s is none of 7d, 28d, 30d and 90d; the service's window holds", duration)
		return
	}
	period, ok := calendarWindows[duration]
	if _, err := slo.ParseWindow(string(period), zone); !ok || err != nil {
		im.note(d, w.node.Line, Changed, "the calendar window %s %s is no week, month or quarter in a known time zone; the service's window holds", duration, zone)
		return
	}
	if !startsPeriod(period, start) {
		im.note(d, w.node.Line, Changed, "the calendar window starts at %s; here a %s starts at its first midnight", start, period)
	}
	o.Window = string(period)
	o.TimeZone = zone
}

// startsPeriod tells whether a local time is one at which a period starts.
func startsPeriod(period slo.Calendar, start string) bool {
	for _, layout := range startLayouts {
		t, err := time.Parse(layout, start)
		if err != nil {
			continue
		}
		midnight := t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
		switch period {
		case slo.Week:
			return midnight && t.Weekday() == time.Monday
		case slo.Month:
			return midnight && t.Day() == 1
		}
		return midnight && t.Day() == 1 && t.Month()%3 == 1
	}
	return start == ""
}

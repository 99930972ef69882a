// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Calendar is a period that starts at a local midnight.
type Calendar string

// The calendar windows. A week starts on Monday, as in ISO 8601; a quarter in
// January, April, July or October.
const (
	Rolling Calendar = ""
	Week    Calendar = "week"
	Month   Calendar = "month"
	Quarter Calendar = "quarter"
)

// Window is the stretch of time that an objective is held against: rolling, of a
// fixed length, or the calendar period that holds the instant. It is comparable:
// equal windows of ParseWindow and RollingWindow are equal by ==.
type Window struct {
	// Length of a rolling window, a whole number of minutes. Zero for a calendar
	// window.
	Length   time.Duration
	Calendar Calendar
	// Zone in which the calendar's midnights are. Nil is UTC, and always of a
	// rolling window.
	Zone *time.Location
}

// MaxWindow is the longest window that a catalogue may ask for, and so how long
// counts have to be kept: a quarter of 92 days, and the hour by which a change
// of clocks may lengthen it.
const MaxWindow = 92*day + time.Hour

const day = 24 * time.Hour

// rollingDays are the lengths of rolling windows that a catalogue may name.
var rollingDays = []int{7, 28, 30, 90}

// RollingWindow returns the window [t - length, t).
func RollingWindow(length time.Duration) Window { return Window{Length: length} }

// ParseWindow reads 7d, 28d, 30d, 90d, week, month or quarter. The zone is that of
// a calendar window, such as Europe/Berlin; empty is UTC.
func ParseWindow(text, zone string) (Window, error) {
	for _, n := range rollingDays {
		if text != strconv.Itoa(n)+"d" {
			continue
		}
		if zone != "" {
			return Window{}, fmt.Errorf("%s is rolling and has no time zone: only week, month and quarter have one", text)
		}
		return RollingWindow(time.Duration(n) * day), nil
	}
	switch c := Calendar(text); c {
	case Week, Month, Quarter:
		location, err := loadZone(zone)
		return Window{Calendar: c, Zone: location}, err
	}
	return Window{}, fmt.Errorf("must be 7d, 28d, 30d or 90d (rolling), or week, month or quarter (calendar), not %q", text)
}

// String returns the window as a catalogue words it, followed by the time zone of
// a calendar window outside UTC: "30d", "month", "week Europe/Berlin".
func (w Window) String() string {
	switch {
	case w.Calendar != Rolling && w.Zone != nil:
		return string(w.Calendar) + " " + w.Zone.String()
	case w.Calendar != Rolling:
		return string(w.Calendar)
	case w.Length%day == 0:
		return strconv.Itoa(int(w.Length/day)) + "d"
	}
	text := w.Length.String() // 1h0m0s
	text = strings.TrimSuffix(text, "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// IsZero tells whether nothing was said of the window.
func (w Window) IsZero() bool { return w == Window{} }

// Longest returns the most time that the window can span.
func (w Window) Longest() time.Duration {
	switch w.Calendar {
	case Week:
		return 7*day + time.Hour // the clock may be put back in it
	case Month:
		return 31*day + time.Hour
	case Quarter:
		return MaxWindow
	}
	return w.Length
}

// Bounds returns the closed minutes [from, to) of the window at an instant; the
// open minute is to itself. A calendar window grows from its start, where it is
// empty; it ends at End.
func (w Window) Bounds(now time.Time) (from, to Minute) {
	to = MinuteOf(now)
	if w.Calendar == Rolling {
		return to - Minute(w.Length/time.Minute), to
	}
	return min(MinuteOf(w.start(now, 0)), to), to
}

// End returns the first minute of the next calendar window, when the budget is
// whole again. A rolling window has no end, and ok is false.
func (w Window) End(now time.Time) (end Minute, ok bool) {
	if w.Calendar == Rolling {
		return 0, false
	}
	return MinuteOf(w.start(now, 1)), true
}

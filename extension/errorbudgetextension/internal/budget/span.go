// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Span is a window as it lies now: the minutes from From on, the open one
// included. It costs the same to read whatever its length, as long as it is
// asked for again and again under its name: the Ledger keeps its sum.
type Span struct {
	// Name tells the windows of a series from each other, such as 30d.
	Name string
	// From is the first minute. It grows with time.
	From slo.Minute
	// Length of a window that rolls, 0 if it is a calendar's.
	Length slo.Minute
	// Resets is when a calendar's window starts anew, 0 if it rolls.
	Resets slo.Minute
}

// minutes returns how long the window is, or will have been when it ends.
func (s Span) minutes() slo.Minute {
	if s.Resets > 0 {
		return s.Resets - s.From
	}
	return s.Length
}

// Rolling returns the window of a length, a whole number of minutes, at now:
// [now - length, now) and the open minute.
func Rolling(length time.Duration, now slo.Minute) Span {
	minutes := slo.Minute(length / time.Minute)
	return Span{Name: rollingName(minutes), From: now - minutes, Length: minutes}
}

// rollingName is short and made without allocation for the lengths in use.
func rollingName(minutes slo.Minute) string {
	if name, ok := rollingNames[minutes]; ok {
		return name
	}
	return (time.Duration(minutes) * time.Minute).String()
}

var rollingNames = func() map[slo.Minute]string {
	names := map[slo.Minute]string{}
	for _, minutes := range []slo.Minute{5, 30, 60, 120, 360, 1440, 4320, 7 * 1440, 28 * 1440, 30 * 1440, 90 * 1440} {
		names[minutes] = (time.Duration(minutes) * time.Minute).String()
	}
	return names
}()

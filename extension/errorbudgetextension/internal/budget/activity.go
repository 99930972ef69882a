// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Activity is what a service does now. No traffic, no measurement and no answers
// are three different things, and only the first is harmless.
type Activity string

const (
	// Active: events came within the last three minutes.
	Active Activity = "active"
	// Idle: measured, and no events.
	Idle Activity = "idle"
	// Down: requests are open, and none was answered since the oldest report of
	// them.
	Down Activity = "down"
	// Unmeasured: no writer that counts for the service measures any more.
	Unmeasured Activity = "unmeasured"
)

const (
	// activeMinutes is how recent events have to be for a service to be active.
	activeMinutes = 3
	// answerGrace is how recent events of the very minute of the oldest report
	// have to be to count as answers after it: minutes are too coarse to tell.
	answerGrace = time.Minute
)

func (l *Ledger) activity(s *service, now time.Time, staleAfter time.Duration) (Activity, uint64) {
	minute := slo.MinuteOf(now)
	open, since := s.openNow(minute)
	last := l.lastMeasured(s)
	event, answer := s.lastEvents()
	switch {
	case last < 0 || now.After(StaleAt(last, staleAfter)):
		return Unmeasured, open
	case open > 0 && !answeredSince(answer, since, now.Sub(s.arrival)):
		return Down, open
	case event > minute-activeMinutes:
		return Active, open
	}
	return Idle, open
}

func answeredSince(answer, since slo.Minute, silence time.Duration) bool {
	return answer > since || answer == since && silence < answerGrace
}

// StaleAt returns the instant from which nothing is known of a service whose
// last measured minute is given: the minute's end and staleAfter.
func StaleAt(measured slo.Minute, staleAfter time.Duration) time.Time {
	return (measured + 1).Time().Add(staleAfter)
}

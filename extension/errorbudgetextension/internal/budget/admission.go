// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

const (
	// maxLateness is how many minutes late an event may be and still count in
	// its own minute.
	maxLateness = 120
	// maxSkew is how many minutes the clock of a writer may be ahead.
	maxSkew = 1
	// maxIncrement bounds the events of one Add. More is a broken writer: a
	// trillion requests do not fit between two flushes.
	maxIncrement = 1 << 40
	// maxSeries bounds the series held, as the names of services come from
	// outside: 50,000 services with two indicators.
	maxSeries = 100_000
)

// Reason says why events were not counted as they came. It is the value of the
// attribute reason of the extension's own counter of such events.
type Reason int

const (
	// Late: more than two hours late. The events are kept as uncertain ones of
	// the minute of their arrival.
	Late Reason = iota
	// Future: of a minute that is yet to come. They count in the current one.
	Future
	// Implausible: more events at once than can be. They are not counted.
	Implausible
	// TooManySeries: a new series beyond the bound. They are not counted.
	TooManySeries
	// LateHeartbeat: a heartbeat more than two hours late. It measures nothing.
	LateHeartbeat
	// TooManyServices: open requests of a service beyond the bound that was never
	// counted. It stays unknown.
	TooManyServices
	reasons
)

// String returns the reason as the extension's telemetry names it.
func (r Reason) String() string {
	return [reasons]string{"late", "future", "implausible", "too_many_series", "late_heartbeat", "too_many_services"}[r]
}

// Reasons lists every Reason there is.
func Reasons() []Reason {
	return []Reason{Late, Future, Implausible, TooManySeries, LateHeartbeat, TooManyServices}
}

// admit says to which minute an event of a minute belongs when it arrives now.
func admit(minute, now slo.Minute) (slo.Minute, bool, Reason) {
	switch {
	case minute > now+maxSkew:
		return now, false, Future
	case minute < now-maxLateness:
		return now, false, Late
	}
	return minute, true, 0
}

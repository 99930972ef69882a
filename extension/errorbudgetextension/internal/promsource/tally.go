// SPDX-License-Identifier: Apache-2.0

package promsource

// Uncounted says why events of a counter were not counted as good or bad.
type Uncounted int

const (
	// Baseline: they were counted before the reading began.
	Baseline Uncounted = iota
	// Unproven: the first sample of a series that appeared is not zero, so some of
	// its events may be older than the series. They are uncertain events.
	Unproven
	// CountedBefore: another feeder counted their minutes.
	CountedBefore
	// Implausible: more at once than can be.
	Implausible
	uncounted
)

// String returns the reason as the extension's telemetry names it.
func (u Uncounted) String() string {
	return [uncounted]string{"baseline", "unproven", "counted_before", "implausible"}[u]
}

// AllUncounted lists every reason there is.
func AllUncounted() []Uncounted { return []Uncounted{Baseline, Unproven, CountedBefore, Implausible} }

// Refused says why a sample was not looked at.
type Refused int

const (
	// UnknownLabels: it names no service, no indicator, or neither good nor bad.
	UnknownLabels Refused = iota
	// NotACount: it is no whole number of events.
	NotACount
	// TooManySeries: of a series beyond the bound.
	TooManySeries
	refused
)

// String returns the reason as the extension's telemetry names it.
func (r Refused) String() string {
	return [refused]string{"unknown_labels", "not_a_count", "too_many_series"}[r]
}

// AllRefused lists every reason there is.
func AllRefused() []Refused { return []Refused{UnknownLabels, NotACount, TooManySeries} }

// Tally is what a page held beside its counts.
type Tally struct {
	Uncounted [uncounted]uint64 // events
	Refused   [refused]uint64   // samples
	// Resets of counters.
	Resets uint64
}

// SPDX-License-Identifier: Apache-2.0

package slo

// Writer identifies who counted: one run of one collector. A restart keeps the
// Instance and changes the Start, so that counts of two runs are never taken for
// one cumulative series.
type Writer struct {
	// Instance is service.instance.id of the collector that counted.
	Instance string
	// StartUnixNano is when that collector started to count.
	StartUnixNano int64
}

// Recorder takes the counts of indicators. The error_budget extension is one;
// the sli connector is its sole feeder, unless it is Supplied by another one.
//
// The methods may be called from any goroutine between the extension's Start
// and Shutdown. They do not block on storage and keep no reference to their
// arguments beyond the strings.
type Recorder interface {
	// Add counts good and bad events of one minute of event time. The numbers are
	// increments: what an earlier call said is not said again. Zero of both makes
	// the series known, so that a service exists from its first sight.
	Add(key Key, minute Minute, good, bad uint64, definition Definition, writer Writer)

	// Uncertain counts events of one minute that are known to have been, and of which
	// nobody can say whether they were good: increments, as those of Add, of other
	// events. They are in no ratio, and lower the share of the events that was judged.
	Uncertain(key Key, minute Minute, n uint64, definition Definition, writer Writer)

	// Heartbeat says that the writer was measuring in this minute, traffic or
	// not. A minute without a heartbeat of a writer that counts for a service is
	// an unmeasured minute of that service, not a good one.
	Heartbeat(minute Minute, writer Writer)

	// Open says how many requests of a service were unanswered past the
	// receiver's stuck_after in this minute. It is a gauge: it replaces what the
	// same writer said before, and is never added to a count. A service with open
	// requests and no answers is down, not idle.
	Open(service Service, minute Minute, open uint64, writer Writer)
}

// Supplied is a Recorder that may have a feeder of its own. A connector that finds
// one asks it first: a Recorder has one feeder, or events would count twice.
type Supplied interface {
	// SuppliedBy names where the counts come from, and is empty if they come from
	// the connector. If it is not, the connector tells no counts; the catalogue is
	// that of the Recorder all the same.
	SuppliedBy() string
}

// SPDX-License-Identifier: Apache-2.0

package indicator

// Reason names why an event is neither good nor bad. It is a value of the
// attribute reason of the connector's own metrics.
type Reason string

// Reasons to leave a valid event out, counted by connector_sli_excluded.
const (
	// ExcludedByClient: the client left before the answer, which says nothing
	// about the service.
	ExcludedByClient Reason = "aborted_by_client"
	// StatusNotKnown: neither a status code nor an error says how it ended.
	StatusNotKnown Reason = "status_unknown"
	// NegativeDuration: the span ends before it starts.
	NegativeDuration Reason = "negative_duration"
	// NoStartTime: the span has no start time, and so no duration.
	NoStartTime Reason = "no_start_time"
	// NoEndTime: the span has no end time, and so no minute.
	NoEndTime Reason = "no_end_time"
	// DurationUncertain: the receiver could not prove the start or the end.
	DurationUncertain Reason = "duration_uncertain"
	// Blocking: the operation waits for others by its nature, as BLPOP of Redis does.
	Blocking Reason = "blocking"
	// Stream: the response goes on, or the request waits, for as long as somebody wants,
	// as server-sent events and long polls do.
	Stream Reason = "stream"
)

// Reasons why an event that ought to count could not, counted by
// connector_sli_lost.
const (
	// NoEdge: the histogram has no edge at the threshold.
	NoEdge Reason = "no_edge"
	// QueueUnknown: the objective is about what callers felt, and nobody says how
	// long the request waited.
	QueueUnknown Reason = "queue_unknown"
	// Unmeasured: the request is known to have been, and nothing else is.
	Unmeasured Reason = "unmeasured"
	// NoServiceName: the resource does not say whose event it is.
	NoServiceName Reason = "no_service_name"
	// ServiceLimit: max_services are known already.
	ServiceLimit Reason = "service_limit"
	// NoSpan: the exchange became no span, and conditions can be asked of spans
	// only. It may not have been valid for the indicator; nobody can tell.
	NoSpan Reason = "no_span"
	// BeforeStart: another collector counted it before this one listened, and an
	// earlier run of this one may have counted it already.
	BeforeStart Reason = "before_start"
)

// Reasons lists all of the above, in a fixed order, so that counts by reason can
// be kept in an array.
var Reasons = [...]Reason{
	ExcludedByClient, StatusNotKnown, NegativeDuration, NoStartTime, NoEndTime, DurationUncertain, Blocking, Stream,
	NoEdge, QueueUnknown, Unmeasured, NoServiceName, ServiceLimit, NoSpan, BeforeStart,
}

// Lost tells whether the reason is a loss rather than an exclusion.
func (r Reason) Lost() bool {
	switch r {
	case NoEdge, QueueUnknown, Unmeasured, NoServiceName, ServiceLimit, NoSpan, BeforeStart:
		return true
	}
	return false
}

// Uncertain tells whether such an event is valid for its indicator, and was good or
// bad: nobody knows which. An aborted one was neither; of one without a service, a
// minute or a span nobody knows whether it is valid for whom.
func (r Reason) Uncertain() bool {
	switch r {
	case StatusNotKnown, NegativeDuration, NoStartTime, DurationUncertain, NoEdge, QueueUnknown, Unmeasured:
		return true
	}
	return false
}

// Verdict is what one indicator says of one Event. Good, Bad and Left are
// numbers of requests. All zero: the event is none of the indicator's business.
type Verdict struct {
	Good, Bad uint64
	// Left are the requests that are neither, for Reason.
	Left   uint64
	Reason Reason
}

// Concerns tells whether the event is valid for the indicator, counted or not.
func (v Verdict) Concerns() bool { return v.Good|v.Bad|v.Left != 0 }

func left(n uint64, why Reason) Verdict { return Verdict{Left: n, Reason: why} }

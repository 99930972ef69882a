// SPDX-License-Identifier: Apache-2.0

package indicator

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// traits are the attributes of a span that decide its family and status. The
// current names of the conventions win over the old ones, in whatever order
// they come.
type traits struct {
	httpMethod        bool
	httpStatus        int64
	rpc, grpc         bool
	grpcCode, grpcOld codeKnown
	db                bool
	failed            bool // error.type, or span status ERROR
	outcome           Outcome
	statusUnknown     bool // sloe.status.class says so
	uncertain         bool
	blocking, stream  bool
	queue             time.Duration
	queueKnown        bool
}

// Reader reads spans as Events. It belongs to one goroutine and is meant to be
// reused: a reader that is made once keeps the walk through the attributes of a
// span free of allocations.
type Reader struct {
	traits traits
	event  Event
	visit  func(name string, v pcommon.Value) bool
}

// NewReader returns a Reader.
func NewReader() *Reader {
	r := &Reader{}
	r.visit = func(name string, v pcommon.Value) bool {
		r.traits.read(name, v)
		return true
	}
	return r
}

// Span reads a span as an Event. A span of no family is returned with NoFamily:
// it concerns no built-in indicator. The Event is valid until the next call.
func (r *Reader) Span(s ptrace.Span) *Event {
	r.traits = traits{failed: s.Status().Code() == ptrace.StatusCodeError}
	s.Attributes().Range(r.visit)
	t := &r.traits
	e := &r.event
	*e = Event{Count: 1, Outcome: t.outcome}
	switch kind := s.Kind(); {
	case kind == ptrace.SpanKindServer && t.grpc:
		e.Family, e.Status = GRPC, grpcStatus(t)
	case kind == ptrace.SpanKindServer && t.httpMethod && !t.rpc:
		e.Family, e.Status = HTTP, httpStatus(t)
	case kind == ptrace.SpanKindClient && t.db:
		e.Family, e.Status = DB, dbStatus(t)
	default:
		return e
	}
	e.Durations = spanDuration(s, t.uncertain)
	if t.blocking {
		e.Durations.Unusable = Blocking
	}
	if t.stream {
		e.Durations.Unusable = Stream
	}
	e.Durations.Queue, e.Durations.QueueKnown = t.queue, t.queueKnown
	return e
}

func (t *traits) read(name string, v pcommon.Value) {
	switch name {
	case semconv.HTTPRequestMethod, semconv.HTTPMethodOld:
		t.httpMethod = true
	case semconv.HTTPResponseStatusCode:
		t.httpStatus = integer(v)
	case semconv.HTTPStatusCodeOld:
		if t.httpStatus == 0 {
			t.httpStatus = integer(v)
		}
	case semconv.Protocol:
		// of a request whose method is not known
		t.httpMethod = t.httpMethod || text(v) == semconv.ProtocolHTTP
	case semconv.RPCSystemName, semconv.RPCSystemOld:
		t.rpc = true
		t.grpc = t.grpc || text(v) == grpcSystem
	case semconv.RPCResponseStatusCode:
		t.grpcCode = grpcCode(v)
	case semconv.RPCGRPCStatusCodeOld:
		t.grpcOld = grpcCode(v)
	case semconv.DBSystemName, semconv.DBSystemOld:
		t.db = true
	case semconv.ErrorType:
		t.failed = true
	case semconv.ExchangeOutcome:
		t.outcome = outcomeOf(text(v))
	case semconv.ServerQueueDuration:
		t.queue, t.queueKnown = seconds(v)
	case semconv.StatusClass:
		t.statusUnknown = text(v) == semconv.StatusClassUnknown
	case semconv.DBBlocking:
		t.blocking = v.Type() == pcommon.ValueTypeBool && v.Bool()
	case semconv.Stream:
		t.stream = text(v) == semconv.StreamEvents || text(v) == semconv.StreamLongPoll
	case semconv.DurationUncertain:
		t.uncertain = v.Type() == pcommon.ValueTypeBool && v.Bool()
	}
}

func outcomeOf(s string) Outcome {
	switch s {
	case semconv.AbortedByServer:
		return AbortedByServer
	case semconv.AbortedByClient:
		return AbortedByClient
	case semconv.Truncated:
		return Truncated
	}
	return Answered
}

func spanDuration(s ptrace.Span, uncertain bool) Durations {
	start, end := s.StartTimestamp(), s.EndTimestamp()
	switch {
	case start == 0:
		return Durations{Unusable: NoStartTime}
	case end < start:
		return Durations{Unusable: NegativeDuration}
	case uncertain:
		return Durations{Unusable: DurationUncertain}
	}
	return Durations{Exact: time.Duration(end - start)}
}

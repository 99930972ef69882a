// SPDX-License-Identifier: Apache-2.0

package indicator

import (
	"errors"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// Why FromPoint refuses a data point.
var (
	ErrNoTimestamp = errors.New("the data point has no timestamp")
	ErrMalformed   = errors.New("the data point's buckets do not fit its edges or its count")
	ErrUnknownKind = errors.New("the data point's sloe.kind or sloe.protocol is not one that Sloe writes")
	ErrUnknownEnd  = errors.New("the data point's sloe.status.class or sloe.exchange.outcome is not one that Sloe writes")
)

// FromPoint reads a data point of sloe.unspanned.duration as an Event of as many
// requests. The Event refers to the point's buckets and must not outlive it. A
// point that no indicator is about, such as HTTP of a client, has NoFamily.
func FromPoint(p pmetric.HistogramDataPoint) (Event, error) {
	e := Event{Count: p.Count()}
	if p.Timestamp() == 0 {
		return e, ErrNoTimestamp
	}
	if !wellFormed(p) {
		return e, ErrMalformed
	}
	e.Durations = Durations{Histogram: true, Edges: p.ExplicitBounds(), Buckets: p.BucketCounts()}

	var err error
	if e.Family, err = FamilyOf(attribute(p, semconv.Kind), attribute(p, semconv.Protocol)); err != nil {
		return e, err
	}
	if v, ok := p.Attributes().Get(semconv.Waits); ok && v.Type() == pcommon.ValueTypeBool && v.Bool() {
		e.Durations.Unusable = Stream
		if e.Family == DB {
			e.Durations.Unusable = Blocking
		}
	}
	class := attribute(p, semconv.StatusClass)
	switch outcome := attribute(p, semconv.ExchangeOutcome); outcome {
	case "":
		e.Status, err = classStatus(class)
	case semconv.Truncated:
		e.Outcome = Truncated // whatever its status said
	case semconv.AbortedByServer, semconv.AbortedByClient:
		e.Outcome = outcomeOf(outcome) // never answered: there is no status to read
	default:
		err = ErrUnknownEnd
	}
	return e, err
}

// wellFormed checks what the OTLP protocol demands of a histogram: one bucket
// more than edges, or neither, and buckets that add up to the count.
func wellFormed(p pmetric.HistogramDataPoint) bool {
	edges, buckets := p.ExplicitBounds().Len(), p.BucketCounts().Len()
	if buckets == 0 {
		return edges == 0
	}
	var sum uint64
	for i := range buckets {
		sum += p.BucketCounts().At(i)
	}
	return buckets == edges+1 && sum == p.Count()
}

func attribute(p pmetric.HistogramDataPoint, name string) string {
	v, ok := p.Attributes().Get(name)
	if !ok || v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return v.Str()
}

// FamilyOf returns the family of exchanges of a kind and protocol, NoFamily if no
// indicator is about them.
func FamilyOf(kind, protocol string) (Family, error) {
	server := kind == semconv.KindServer
	switch protocol {
	case semconv.ProtocolRedis, semconv.ProtocolPostgreSQL, semconv.ProtocolMySQL, semconv.ProtocolMemcached:
		protocol = semconv.ProtocolDB
	}
	if !server && kind != semconv.KindClient {
		return NoFamily, ErrUnknownKind
	}
	switch {
	case protocol == semconv.ProtocolHTTP && server:
		return HTTP, nil
	case protocol == semconv.ProtocolGRPC && server:
		return GRPC, nil
	case protocol == semconv.ProtocolDB && !server:
		return DB, nil
	case protocol == semconv.ProtocolHTTP, protocol == semconv.ProtocolGRPC, protocol == semconv.ProtocolDB:
		return NoFamily, nil // the other end of an exchange counts it
	}
	return NoFamily, ErrUnknownKind
}

func classStatus(class string) (Status, error) {
	switch class {
	case semconv.StatusClassOK, "1xx", "2xx", "3xx", "4xx":
		return StatusGood, nil
	case semconv.StatusClassError, "5xx":
		return StatusBad, nil
	case semconv.StatusClassUnknown:
		return StatusUnknown, nil
	}
	return StatusUnknown, ErrUnknownEnd
}

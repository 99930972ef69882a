// SPDX-License-Identifier: Apache-2.0

package indicator

import (
	"math"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Family is the group of indicators that an event may belong to.
type Family uint8

// Families. An event belongs to one at most: a gRPC call travels over HTTP, yet
// it is no HTTP request.
const (
	NoFamily Family = iota
	HTTP            // SERVER, with an HTTP method, and no RPC
	GRPC            // SERVER, rpc.system.name is grpc
	DB              // CLIENT, with db.system.name
	Families        // how many there are
)

// Status is what is known of the answer.
type Status uint8

// Statuses. StatusUnknown is never read as one of the others.
const (
	StatusUnknown Status = iota
	StatusGood
	StatusBad
)

// Outcome is how an exchange ended.
type Outcome uint8

// Outcomes.
const (
	Answered Outcome = iota
	// AbortedByServer: no answer was ever given, the server ended the exchange.
	AbortedByServer
	// AbortedByClient: the client left before the answer.
	AbortedByClient
	// Truncated: the server ended the connection before its answer was whole.
	Truncated
)

// answered tells whether there was an answer, be it a part of one.
func (o Outcome) answered() bool { return o == Answered || o == Truncated }

// Event is one request, or a number of them that differ in nothing but their
// duration.
type Event struct {
	Family  Family
	Status  Status
	Outcome Outcome
	// Count is the number of requests: 1 for a span.
	Count     uint64
	Durations Durations
}

// Durations is the duration of a span, or the histogram of those of many.
type Durations struct {
	// Exact is the duration of a span.
	Exact time.Duration
	// Queue is how long the request waited before the duration began, if QueueKnown.
	Queue      time.Duration
	QueueKnown bool
	// Unusable says why the duration must not be used; empty if it may.
	Unusable Reason

	// Histogram tells that the next two hold instead of Exact. They belong to the
	// data point and are read only while it is consumed.
	Histogram bool
	// Felt tells that the histogram is of what callers felt, the queue included.
	Felt bool
	// Edges are the upper bounds, inclusive, in seconds and ascending.
	Edges Floats
	// Buckets holds one number more than Edges.
	Buckets Uint64s
}

// Floats and Uint64s are the parts of pdata's slices that are needed here.
type (
	Floats interface {
		Len() int
		At(int) float64
	}
	Uint64s interface {
		Len() int
		At(int) uint64
	}
)

// within returns how many of count requests took at most the limit's threshold, or
// the reason why that cannot be said. A histogram answers only at an edge of its
// own: between two edges it does not know. Of what a caller felt nothing is known
// without the queue time: the handler's own time would look healthier than it was.
func (d *Durations) within(limit slo.Limit, count uint64) (uint64, Reason) {
	threshold := limit.Threshold
	if d.Unusable != "" {
		return 0, d.Unusable
	}
	if !d.Histogram {
		took := d.Exact
		if limit.Felt {
			if !d.QueueKnown {
				return 0, QueueUnknown
			}
			took += d.Queue
		}
		if took <= threshold {
			return count, ""
		}
		return 0, ""
	}
	var sum uint64
	for i := range d.Edges.Len() {
		sum += d.Buckets.At(i)
		// Edges are floats in seconds: 0.2 stands for 200 ms.
		if math.Round(d.Edges.At(i)*1e9) == float64(threshold) {
			return sum, ""
		}
	}
	return 0, NoEdge
}

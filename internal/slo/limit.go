// SPDX-License-Identifier: Apache-2.0

package slo

import "time"

// Limit tells good durations from bad ones.
type Limit struct {
	// Threshold is the longest good duration, inclusive.
	Threshold time.Duration
	// Felt tells that the duration is what the caller felt: how long the request
	// waited for the server, and the server's own time. If not, it is the latter
	// alone, which begins when the server reads the request.
	Felt bool
}

// Values of the catalogue's key `latency`.
const (
	latencyHandler = "handler"
	latencyFelt    = "felt"
)

// CanBeFelt tells whether an indicator may be about what callers felt: the
// requests of others wait for a server, a client's own do not.
func CanBeFelt(indicator string) bool { return indicator == HTTPLatency || indicator == GRPCLatency }

// Limit returns that of the service's own, for an indicator.
func (e Entry) Limit(indicator string) Limit {
	return Limit{Threshold: e.LatencyThreshold, Felt: e.Felt && CanBeFelt(indicator)}
}

// Limit returns that of an objective about latency.
func (o Objective) Limit() Limit { return Limit{Threshold: o.Threshold, Felt: o.Felt} }

// AsksFelt tells whether any objective of the service is about what callers felt,
// so that what became no span has to be counted by it too.
func (e Entry) AsksFelt() bool {
	for _, indicator := range Indicators() {
		for _, o := range e.ObjectivesFor(indicator) {
			if o.Felt {
				return true
			}
		}
	}
	return false
}

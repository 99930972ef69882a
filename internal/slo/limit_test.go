// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What callers felt is a promise of its own: of a tier, of a service, of one
// objective; and another series wherever it differs from the service's.
func TestFelt(t *testing.T) {
	s, err := ParseCatalogue("f", []byte(`
tiers:
  tier1: {latency: felt}
services:
  - {name: waits, tier: tier1}
  - {name: serves, tier: tier1, slo: {latency: handler}}
  - name: both
    slo: {latency_threshold_ms: 200}
    slos:
      - {name: served, indicator: http_latency}
      - {name: felt, indicator: http_latency, latency: felt}
      - {name: felt-soon, indicator: grpc_latency, latency: felt, threshold_ms: 100}
  - name: felt-first
    slo: {latency: felt, latency_threshold_ms: 200}
    slos:
      - {name: felt, indicator: http_latency}
      - {name: served, indicator: http_latency, latency: handler}
      - {name: database, indicator: db_latency}
`))
	require.NoError(t, err)
	limits := func(name string) map[string]Limit {
		found := map[string]Limit{}
		e := s.Lookup(Service{Name: name})
		for _, indicator := range Indicators() {
			for _, o := range e.ObjectivesFor(indicator) {
				if IsLatency(indicator) {
					found[o.Name+" "+e.Series(o)] = o.Limit()
				}
			}
		}
		return found
	}
	const ms = time.Millisecond
	assert.Equal(t, map[string]Limit{
		"http_latency http_latency": {200 * ms, true}, "grpc_latency grpc_latency": {200 * ms, true}, "db_latency db_latency": {200 * ms, false},
	}, limits("waits"), "nobody waits for a client's own calls")
	assert.Equal(t, Limit{200 * ms, false}, limits("serves")["http_latency http_latency"])
	assert.Equal(t, map[string]Limit{
		"served http_latency": {200 * ms, false}, "felt http_latency_felt_200ms": {200 * ms, true},
		"felt-soon grpc_latency_felt_100ms": {100 * ms, true}, "db_latency db_latency": {200 * ms, false},
	}, limits("both"))
	assert.Equal(t, map[string]Limit{
		"felt http_latency": {200 * ms, true}, "served http_latency_200ms": {200 * ms, false},
		"grpc_latency grpc_latency": {200 * ms, true}, "database db_latency": {200 * ms, false},
	}, limits("felt-first"))
	for name, asks := range map[string]bool{"waits": true, "serves": false, "both": true, "felt-first": true, "unknown": false} {
		assert.Equal(t, asks, s.Lookup(Service{Name: name}).AsksFelt(), name)
	}
	assert.True(t, IsApart("http_latency_felt_100ms"))
	assert.False(t, IsApart("http_latency_felt"))

	for text, want := range map[string]string{
		"{name: a, indicator: db_latency, latency: felt}":        "f:2: services[0].slos[0].latency goes with http_latency and grpc_latency alone",
		"{name: a, indicator: http_availability, latency: felt}": "goes with http_latency and grpc_latency alone",
		"{name: a, indicator: http_latency, latency: queue}":     `f:2: services[0].slos[0].latency must be one of handler, felt, not "queue"`,
	} {
		_, err := ParseCatalogue("f", []byte("services:\n  - {name: s, slos: ["+text+"]}"))
		assert.ErrorContains(t, err, want)
	}
}

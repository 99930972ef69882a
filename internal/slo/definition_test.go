// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Counts that were kept by a definition go on only as long as its text is the
// same, so it is spelled out here.
func TestBuiltInDefinitions(t *testing.T) {
	entry := Entry{LatencyThreshold: 200 * time.Millisecond}
	for series, want := range map[string]Definition{
		"http_availability":       DefinitionOf("http_availability", "1"),
		"grpc_availability":       DefinitionOf("grpc_availability", "1"),
		"db_availability":         DefinitionOf("db_availability", "1"),
		"http_latency":            DefinitionOf("http_latency", "1", "threshold=200ms"),
		"grpc_latency":            DefinitionOf("grpc_latency", "1", "threshold=200ms"),
		"db_latency":              DefinitionOf("db_latency", "1", "threshold=200ms"),
		"http_latency_100ms":      DefinitionOf("http_latency", "1", "threshold=100ms"),
		"grpc_latency_felt_100ms": DefinitionOf("grpc_latency", "1", "threshold=100ms", "felt"),
		"http_latency_2000ms": DefinitionOf("http_latency", "1",
			"threshold=2s"),
	} {
		got, ok := entry.DefinitionOf(series)
		assert.True(t, ok, series)
		assert.Equal(t, want, got, series)
	}
	entry.Felt = true
	felt, _ := entry.DefinitionOf(HTTPLatency)
	assert.Equal(t, DefinitionOf("http_latency", "1", "threshold=200ms", "felt"), felt)
	handler, _ := entry.DefinitionOf("http_latency_200ms")
	assert.Equal(t, DefinitionOf("http_latency", "1", "threshold=200ms"), handler)
	for _, series := range []string{"", "checkout_paid", "checkout_latency", "checkout_latency_100ms", "http_latency_99999999999999999999ms", "http_latency_ms"} {
		_, ok := entry.DefinitionOf(series)
		assert.False(t, ok, series)
	}
}

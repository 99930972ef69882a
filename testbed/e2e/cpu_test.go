// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestShedding: a receiver that may use hardly any of the CPU sheds spans, and
// counts every request.
func TestShedding(t *testing.T) {
	service := serviceName("shed")
	live(t)
	server := startGoServer(t, service)
	b := startBed(t, bedOptions{ebpf: "{max_cpu: 0.01, processes: " + only(t, server) + "}"})
	sent := b.sendUntil(t, server, "max_cpu is reached")
	sent += send(t, server, 5000, 500)
	b.waitBudget(t, service, "http_availability", sent, patience)
	b.Terminate(t)
	counted := server.Counts(t)
	assert.Equal(t, sent, counted.Total(200, 599))
	y := b.tallies(t)[service]
	requireExact(t, y, counted.Total(200, 299), counted.Total(500, 599), 0)
	t.Logf("spans %v unspanned %v", y.Spans, y.Unspanned)
	assert.NotZero(t, y.unspanned(), "something was to be shed")
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/testbed/workload/goserver"
)

// only lists a server and its clients as the processes that are counted: where
// spans are counted too, whatever else runs on this host must not take the ring's
// room.
func only(t *testing.T, server *goserver.Server) string {
	return fmt.Sprintf("{include: [{port: %s}]}", portOf(t, server.Address))
}

// TestSampling: whatever share of the requests becomes spans, each is counted
// once, and every failed one is a span where that is asked for.
func TestSampling(t *testing.T) {
	const fine, failed = 3000, 300
	const ebpf = "{ring_buffer: 67108864, processes: %s, sampling: "
	tests := map[string]struct {
		ebpf string
		// spans of fine requests, at least and at most
		least, most uint64
		errors      uint64
	}{
		"all":                 {ebpf + "{ratio: 1, slow: 10m}}", fine, fine, failed},
		"a tenth":             {ebpf + "{ratio: 0.1, slow: 10m}}", fine / 20, fine / 5, failed},
		"none":                {ebpf + "{ratio: 0, slow: 10m}}", 0, 0, failed},
		"none, and no errors": {ebpf + "{ratio: 0, always: []}}", 0, 0, 0},
		"ten a second":        {ebpf + "{max_per_second: 10, slow: 10m}}", 10, fine / 2, failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			service := serviceName("sampled")
			live(t)
			server := startGoServer(t, service)
			b := startBed(t, bedOptions{ebpf: fmt.Sprintf(tt.ebpf, only(t, server))})
			sent := send(t, server, fine, failed)
			b.waitBudget(t, service, "http_availability", sent, patience)
			b.Terminate(t)
			counted := server.Counts(t)
			y := b.tallies(t)[service]
			requireExact(t, y, counted.Total(200, 299), counted.Total(500, 599), 0)
			assert.GreaterOrEqual(t, y.Spans["server 2xx"], tt.least)
			assert.LessOrEqual(t, y.Spans["server 2xx"], tt.most)
			assert.Equal(t, tt.errors, y.Spans["server 5xx"])
		})
	}
}

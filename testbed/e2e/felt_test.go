// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/testbed/workload/serialserver"
)

// TestFeltLatency: a server with one thread takes 300 ms for each of five requests at
// once. By its own time all are within 750 ms; its callers felt 300, 600, 900, 1,200
// and 1,500 ms. Both are counted, from the spans and, where the reader sees none, from
// the kernel's aggregates.
func TestFeltLatency(t *testing.T) {
	const callers, rounds = 5, 3
	for name, ebpf := range map[string]string{
		"by spans":      "{}",
		"by aggregates": "{sampling: {ratio: 0, always: []}}",
	} {
		t.Run(name, func(t *testing.T) {
			service := serviceName("felt")
			b := startBed(t, bedOptions{ebpf: ebpf, catalogue: fmt.Sprintf(`
services:
  - name: %s
    tier: tier1
    slos:
      - {name: handled, indicator: http_latency, threshold_ms: 750, target: 0.5}
      - {name: felt, indicator: http_latency, threshold_ms: 750, latency: felt, target: 0.5}
`, service)})
			server := serialserver.Start(t, service, "127.0.0.1:0", queueWork)
			for range rounds {
				var all sync.WaitGroup
				for i := range callers {
					all.Go(func() {
						c := dial(t, server.Address)
						_, err := io.WriteString(c, request(fmt.Sprintf("/%d", i)))
						assert.NoError(t, err)
						c.read(t)
						assert.NoError(t, c.Close())
					})
				}
				all.Wait()
			}
			const n = callers * rounds
			handled := b.waitBudget(t, service, "handled", n, 20*time.Second)
			felt := b.waitBudget(t, service, "felt", n, 20*time.Second)
			assert.EqualValues(t, n, handled.Good, "the server's own time")
			assert.EqualValues(t, 2*rounds, felt.Good, "the first two callers of each round")
			assert.Equal(t, "FREEZE", b.gate(t, service).State, "of what was felt more is bad than the half that is permitted")
		})
	}
}

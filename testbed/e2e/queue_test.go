// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/serialserver"
)

// queueWork is how long the server works on a request.
const queueWork = 300 * time.Millisecond

// TestQueueTime: what a request waited for a server with one thread is what the
// server spent on those before it, by the server's own clock. The waits are known
// where connections wait to be accepted, and where requests wait on connections
// that were.
func TestQueueTime(t *testing.T) {
	const callers, rounds = 5, 3
	tests := map[string]struct {
		address   func(testing.TB) string
		keepAlive bool
	}{
		"TCP, a connection a request":  {address: func(testing.TB) string { return "127.0.0.1:0" }},
		"TCP, connections kept":        {address: func(testing.TB) string { return "127.0.0.1:0" }, keepAlive: true},
		"Unix, a connection a request": {address: unixAddress},
		"Unix, connections kept":       {address: unixAddress, keepAlive: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			service := serviceName("serial")
			b := startBed(t, bedOptions{})
			server := serialserver.Start(t, service, tt.address(t), queueWork)
			var mu sync.Mutex
			sent := map[string]time.Time{}
			open := make([]*caller, callers)
			for round := range rounds {
				var all sync.WaitGroup
				for i := range callers {
					all.Go(func() {
						if open[i] == nil || !tt.keepAlive {
							open[i] = dial(t, server.Address)
						}
						target := fmt.Sprintf("/%d/%d", round, i)
						mu.Lock()
						sent[target] = time.Now()
						mu.Unlock()
						_, err := io.WriteString(open[i], request(target))
						assert.NoError(t, err)
						open[i].read(t)
						if !tt.keepAlive {
							assert.NoError(t, open[i].Close())
						}
					})
				}
				all.Wait()
			}
			b.waitBudget(t, service, "http_availability", callers*rounds, 10*time.Second)
			b.Terminate(t)
			waits := queueTimes(b.Traces(t, "spans.json"), service)
			served := server.Served(t)
			require.Len(t, served, callers*rounds)
			for i, s := range served {
				// it waited from its sending until the server had read it
				want := s.Read.Sub(sent[s.Target])
				got, known := waits[s.Target]
				require.True(t, known, "the queue time of %s is not known", s.Target)
				assert.InDelta(t, want, got, float64(max(10*time.Millisecond, want/20)), "%s, served as number %d", s.Target, i+1)
			}
		})
	}
}

// TestQueueTimeOfAnIdleServer: nobody waits.
func TestQueueTimeOfAnIdleServer(t *testing.T) {
	const n = 200
	for name, address := range map[string]string{"TCP": "127.0.0.1:0", "Unix": unixAddress(t)} {
		t.Run(name, func(t *testing.T) {
			service := serviceName("idle")
			b := startBed(t, bedOptions{})
			server := serialserver.Start(t, service, address, 0)
			c := dial(t, server.Address)
			for i := range n {
				c.ask(t, fmt.Sprintf("/%d", i))
			}
			b.waitBudget(t, service, "http_availability", n, 10*time.Second)
			b.Terminate(t)
			waits := queueTimes(b.Traces(t, "spans.json"), service)
			require.Len(t, waits, n)
			var all []time.Duration
			for _, w := range waits {
				all = append(all, w)
			}
			slices.Sort(all)
			assert.Less(t, all[n/2], time.Millisecond, "the median")
		})
	}
}

func unixAddress(t testing.TB) string { return "unix:" + filepath.Join(t.TempDir(), "server.sock") }

// queueTimes returns the known queue times of a service by the path of the URL.
func queueTimes(all []ptrace.Traces, service string) map[string]time.Duration {
	out := map[string]time.Duration{}
	for s := range spansOf(all, service) {
		if v, ok := s.Attributes().Get(semconv.ServerQueueDuration); ok {
			out[str(s.Attributes(), semconv.URLPath)] = time.Duration(v.Double() * float64(time.Second))
		}
	}
	return out
}

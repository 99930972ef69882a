// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/load"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// The threshold is one second: fast requests take far less than a quarter of it,
// slow ones twice as long.
const exactCatalogue = `
services:
  - {name: %s, tier: tier3, slo: {latency_threshold_ms: 1000}}
  - {name: %s, tier: tier3, slo: {latency_threshold_ms: 1000}}
`

const (
	connections  = 50
	okRequests   = 18700
	badRequests  = 1200
	slowOnes     = 100
	loadPatience = 3 * time.Minute
)

// TestExactness: every request of an nginx and of a Go server is counted once, by
// the servers' own counters.
func TestExactness(t *testing.T) {
	tests := map[string]struct {
		options bedOptions
		during  func(*testing.T, *bed)
		spills  bool
		unix    bool // nginx and the Go server listen on Unix sockets
	}{
		"as it is": {
			options: bedOptions{},
			during:  func(*testing.T, *bed) {},
		},
		"a ring of 64 KiB and a reader stalled for 5 s": {
			options: bedOptions{ebpf: "{ring_buffer: 65536}"},
			during: func(t *testing.T, b *bed) {
				time.Sleep(time.Second)
				b.Pause(t)
				time.Sleep(5 * time.Second)
				b.Resume(t)
			},
			spills: true,
		},
		"over Unix sockets": {
			options: bedOptions{},
			during:  func(*testing.T, *bed) {},
			unix:    true,
		},
		"over Unix sockets, a ring of 64 KiB and a reader stalled for 5 s": {
			options: bedOptions{ebpf: "{ring_buffer: 65536}"},
			during: func(t *testing.T, b *bed) {
				time.Sleep(time.Second)
				b.Pause(t)
				time.Sleep(5 * time.Second)
				b.Resume(t)
			},
			spills: true,
			unix:   true,
		},
		"an ordinary user with CAP_BPF and CAP_PERFMON alone": {
			options: bedOptions{user: unprivileged()},
			during:  func(*testing.T, *bed) {},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			nginxName, serverName := serviceName("nginx"), serviceName("goserver")
			tt.options.catalogue = fmt.Sprintf(exactCatalogue, nginxName, serverName)
			b := startBed(t, tt.options)
			nginx := nginxbed.Start(t, nginxbed.Options{Name: nginxName, Workers: 2, Unix: tt.unix, Locations: map[string]int{"/ok": 200, "/error": 503}})
			on := "127.0.0.1:0"
			if tt.unix {
				on = unixAddress(t)
			}
			server := startGoServerOn(t, serverName, on)
			program := process.Build(t, "./testbed/cmd/load")
			results := make(chan load.Result, 2)
			for _, p := range []load.Plan{
				{Address: nginx.Address, Connections: connections, Steps: []load.Step{
					{Target: "/ok", Count: okRequests + slowOnes}, {Target: "/error", Count: badRequests}}},
				{Address: server.Address, Connections: connections, Steps: []load.Step{
					{Target: "/ok", Count: okRequests}, {Target: "/error", Count: badRequests}, {Target: "/slow?ms=2000", Count: slowOnes}}},
			} {
				go func() { results <- load.RunProcess(t, program, p, loadPatience) }()
			}
			tt.during(t, b)
			for range 2 {
				r := <-results
				require.Zero(t, r.Failed, r.FirstError)
				require.EqualValues(t, okRequests+badRequests+slowOnes, r.Total())
			}
			b.waitBudget(t, nginxName, "http_availability", okRequests+badRequests+slowOnes, 30*time.Second)
			b.waitBudget(t, serverName, "http_availability", okRequests+badRequests+slowOnes, 30*time.Second)
			kernel := b.settledCounts(t)
			b.Terminate(t)

			own := nginx.WaitCounts(t, okRequests+badRequests+slowOnes)
			counted := server.Counts(t)
			all := b.tallies(t)
			requireExact(t, all[nginxName], own.Total(200, 299), own.Total(500, 599), 0)
			requireExact(t, all[serverName], counted.Total(200, 299), counted.Total(500, 599), slowOnes)
			if tt.spills {
				assert.NotZero(t, all[nginxName].unspanned()+all[serverName].unspanned(), "the ring was to be too small")
			}
			for _, r := range []exactRow{
				{server: "nginx", own: own.Total(100, 599), spans: all[nginxName].spans(), unspanned: all[nginxName].unspanned()},
				{server: "Go", own: counted.Total(100, 599), spans: all[serverName].spans(), unspanned: all[serverName].unspanned()},
			} {
				r.scenario, r.kernel, r.equal = name, kernel, !t.Failed()
				exactTable.add(r)
			}
		})
	}
}

// requireExact compares what came out with the server's own counts.
func requireExact(t *testing.T, y *tally, ok, failed, slow uint64) {
	t.Helper()
	require.NotNil(t, y, "the service is not known")
	assert.Equal(t, ok, y.total("server 2xx"), "spans and unspanned, 2xx")
	assert.Equal(t, failed, y.total("server 5xx"), "spans and unspanned, 5xx")
	assert.Equal(t, ok+failed, y.server(), "spans and unspanned, all")
	assert.Equal(t, ok, y.Histogram[semconv.HTTPServerRequestDuration+" fine"], "histogram")
	assert.Equal(t, failed, y.Histogram[semconv.HTTPServerRequestDuration+" failed"], "histogram of failures")
	assert.Equal(t, ok, y.SLI["http_availability good"], "http_availability good")
	assert.Equal(t, failed, y.SLI["http_availability bad"], "http_availability bad")
	assert.Equal(t, ok+failed-slow, y.SLI["http_latency good"], "http_latency good")
	assert.Equal(t, slow, y.SLI["http_latency bad"], "http_latency bad")
}

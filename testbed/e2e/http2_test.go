// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// h2load sends n requests over connections with so many streams at once, under a
// service name of its own.
func h2load(t *testing.T, service, url string, n, connections, streams int) {
	t.Helper()
	cmd := exec.Command("h2load", "-n", strconv.Itoa(n), "-c", strconv.Itoa(connections), "-m", strconv.Itoa(streams), url)
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+service)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	// it takes a 5xx for a failure; what counts is that all were answered
	require.Contains(t, string(out), fmt.Sprintf("%d done, ", n), string(out))
	require.Contains(t, string(out), "0 errored, 0 timeout", string(out))
}

// TestHTTP2: every stream of nginx is counted once, however many run at once on a
// connection, at the server and at the client.
func TestHTTP2(t *testing.T) {
	const n, connections = 10_000, 8
	for _, streams := range []int{1, 2, 10, 100} {
		t.Run(fmt.Sprintf("%d streams", streams), func(t *testing.T) {
			service, caller := serviceName("nginx"), serviceName("h2load")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
			nginx := nginxbed.Start(t, nginxbed.Options{Name: service, HTTP2: true, Workers: 2, Locations: map[string]int{"/ok": 200, "/error": 503}})
			h2load(t, caller, "http://"+nginx.Address+"/ok", n, connections, streams)
			b.waitBudget(t, service, "http_availability", n, patience)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			own := nginx.WaitCounts(t, n)
			all := b.tallies(t)
			requireExact(t, all[service], own.Total(200, 299), 0, 0)
			assert.EqualValues(t, n, all[caller].total("client 2xx"), "at the client")
			assert.EqualValues(t, n, all[caller].Histogram[semconv.HTTPClientRequestDuration+" fine"])
			exactTable.add(exactRow{
				scenario: fmt.Sprintf("HTTP/2, %d streams", streams), server: "nginx", own: own.Total(100, 599),
				spans: all[service].spans(), unspanned: all[service].unspanned(), kernel: kernel, equal: !t.Failed(),
			})
		})
	}
}

// http2Client speaks HTTP/2 with prior knowledge.
func http2Client(t *testing.T) *http.Client {
	transport := &http.Transport{Protocols: &http.Protocols{}, MaxConnsPerHost: 1}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, client *http.Client, url string, status int) {
	response, err := client.Get(url)
	if !assert.NoError(t, err) {
		return
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	assert.NoError(t, err)
	assert.Equal(t, status, response.StatusCode)
}

// TestHTTP2Midway: on a connection that is older than the agent every stream after
// the join is counted.
func TestHTTP2Midway(t *testing.T) {
	live(t)
	service := serviceName("nginx")
	nginx := nginxbed.Start(t, nginxbed.Options{Name: service, HTTP2: true, Locations: map[string]int{"/ok": 200, "/error": 503}})
	client, base := http2Client(t), "http://"+nginx.Address
	get(t, client, base+"/ok", 200)
	get(t, client, base+"/error", 503)
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
	get(t, client, base+"/ok", 200)
	get(t, client, base+"/ok", 200)
	time.Sleep(joinPause)
	since := time.Now()
	const atOnce, each = 20, 50
	var wait sync.WaitGroup
	for range atOnce {
		wait.Go(func() {
			for range each {
				get(t, client, base+"/ok", 200)
			}
		})
	}
	wait.Wait()
	time.Sleep(joinPause)
	b.Terminate(t)
	assert.Equal(t, map[string]int{"GET": atOnce * each}, b.spansSince(t, service, since))
}

// TestHTTP2Large: bodies that are not captured hide no stream.
func TestHTTP2Large(t *testing.T) {
	const n, size = 100, 3 << 20
	service := serviceName("nginx")
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
	nginx := nginxbed.Start(t, nginxbed.Options{Name: service, HTTP2: true, Files: map[string]int{"/big.bin": size}, Locations: map[string]int{"/ok": 200}})
	h2load(t, serviceName("h2load"), "http://"+nginx.Address+"/big.bin", n, 2, 10)
	h2load(t, serviceName("h2load"), "http://"+nginx.Address+"/ok", n, 2, 10)
	b.waitBudget(t, service, "http_availability", 2*n, patience)
	b.Terminate(t)
	nginx.WaitCounts(t, 2*n)
	assert.EqualValues(t, 2*n, b.tallies(t)[service].total("server 2xx"))
}

// TestHTTP2Gaps: a ring that is too small for a reader that is stalled costs streams,
// which are not counted otherwise; but none is invented, none takes another's status,
// and what follows on new connections is exact again.
func TestHTTP2Gaps(t *testing.T) {
	const lossy, exact = 20_000, 3_000
	service := serviceName("nginx")
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 262144}"})
	nginx := nginxbed.Start(t, nginxbed.Options{Name: service, HTTP2: true, Locations: map[string]int{"/ok": 200, "/error": 503}})
	b.Pause(t)
	h2load(t, serviceName("h2load"), "http://"+nginx.Address+"/ok", lossy, 4, 10)
	b.Resume(t)
	time.Sleep(2 * joinPause)
	for range exact / 100 { // a few at a time: the ring is small
		h2load(t, serviceName("h2load"), "http://"+nginx.Address+"/error", 100, 1, 10)
	}
	time.Sleep(2 * joinPause)
	m, err := collectorbed.ReadSelfMetrics(b.self)
	require.NoError(t, err)
	b.Terminate(t)
	own := nginx.WaitCounts(t, lossy+exact)
	require.EqualValues(t, exact, own.Total(500, 599))
	y := b.tallies(t)[service]
	assert.NotZero(t, m.Sum("receiver_ebpf_lost", `reason="chunk_ring_full"`), "the ring was to be too small")
	assert.Less(t, y.total("server 2xx"), own.Total(200, 299))
	assert.EqualValues(t, exact, y.total("server 5xx"))
	assert.Zero(t, y.total("server "+semconv.AbortedByServer), "the answers were in the gap")
	assert.Zero(t, y.total("server "+semconv.AbortedByClient))
	assert.EqualValues(t, exact, y.SLI["http_availability bad"])
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// TestStreams: server-sent events, long polls and upgrades are counted like any request,
// and marked; how long they are open makes no service slow, whether they became spans or
// were counted in the kernel.
func TestStreams(t *testing.T) {
	const each = 20
	for name, ebpf := range map[string]string{"spans": "{}", "sampled out": "{sampling: {ratio: 0}}"} {
		t.Run(name, func(t *testing.T) {
			service := serviceName("feed")
			b := startBed(t, bedOptions{ebpf: ebpf, catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier1, slo: {latency_threshold_ms: 200}}\n", service)})
			server := startGoServer(t, service)
			askForStreams(t, server.Address, each)
			b.waitBudget(t, service, "http_availability", 4*each, patience)
			_ = b.settledCounts(t)
			b.Terminate(t)
			own := server.Counts(t)
			require.EqualValues(t, 4*each, own.Total(100, 599))
			y := b.tallies(t)[service]
			assert.EqualValues(t, each, y.total("server 1xx"))
			assert.EqualValues(t, 3*each, y.total("server 2xx"))
			assert.EqualValues(t, 4*each, y.SLI["http_availability good"])
			assert.EqualValues(t, 2*each, y.SLI["http_latency good"], "those that do not wait")
			assert.Zero(t, y.SLI["http_latency bad"])
			marked := map[string]int{}
			for s := range b.spansOf(t, service) {
				marked[str(s.Attributes(), semconv.URLPath)+" "+str(s.Attributes(), semconv.Stream)]++
			}
			if name == "sampled out" {
				assert.Empty(t, marked)
				return
			}
			assert.Equal(t, map[string]int{
				"/ok ": each, "/events " + semconv.StreamEvents: each, "/slow " + semconv.StreamLongPoll: each, "/socket " + semconv.StreamUpgrade: each,
			}, marked)
		})
	}
}

// askForStreams asks for one of each, so many times.
func askForStreams(t *testing.T, address string, times int) {
	client, base := http1Client(t), "http://"+address
	for range times {
		get(t, client, base+"/ok", 200)
		get(t, client, base+"/events?n=3&ms=100", 200)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/slow?ms=300", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Prefer", "wait=5")
		response, err := client.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		upgrade(t, address)
	}
}

// upgrade asks for another protocol, in which nothing is said.
func upgrade(t *testing.T, address string) {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: feed\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	assert.NoError(t, response.Body.Close())
}

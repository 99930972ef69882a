// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// TestStreams: server-sent events, long polls and upgrades are counted like any request,
// and marked; how long they are open makes no service slow, whether they became spans or
// were counted in the kernel.
func TestStreams(t *testing.T) {
	const each, pipelined = 20, 10
	for name, ebpf := range map[string]string{"spans": "{}", "sampled out": "{sampling: {ratio: 0}}"} {
		t.Run(name, func(t *testing.T) {
			service := serviceName("feed")
			b := startBed(t, bedOptions{ebpf: ebpf, catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier1, slo: {latency_threshold_ms: 200}}\n", service)})
			server := startGoServer(t, service)
			askForStreams(t, server.Address, each)
			for range pipelined {
				upgrade(t, server.Address, "GET /ok HTTP/1.1\r\nHost: feed\r\n\r\n")
			}
			b.waitBudget(t, service, "http_availability", 4*each+2*pipelined, patience)
			_ = b.settledCounts(t)
			b.Terminate(t)
			own := server.Counts(t)
			require.EqualValues(t, 4*each+2*pipelined, own.Total(100, 599))
			y := b.tallies(t)[service]
			assert.EqualValues(t, each+pipelined, y.total("server 1xx"))
			assert.EqualValues(t, 3*each+pipelined, y.total("server 2xx"))
			assert.EqualValues(t, 4*each+2*pipelined, y.SLI["http_availability good"])
			assert.EqualValues(t, 2*each+2*pipelined, y.SLI["http_latency good"], "those that do not wait")
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
				"/ok ": each + pipelined, "/events " + semconv.StreamEvents: each, "/slow " + semconv.StreamLongPoll: each, "/socket " + semconv.StreamUpgrade: each + pipelined,
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

// upgrade asks for another protocol, behind requests of the same write, and says what HTTP
// would take for requests.
func upgrade(t *testing.T, address string, before ...string) {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	const asks = "GET /socket HTTP/1.1\r\nHost: feed\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	_, err = io.WriteString(conn, strings.Join(before, "")+asks)
	require.NoError(t, err)
	responses := bufio.NewReader(conn)
	for range before {
		response, err := http.ReadResponse(responses, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode)
	}
	response, err := http.ReadResponse(responses, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	assert.NoError(t, response.Body.Close())
	_, err = io.WriteString(conn, asks)
	assert.NoError(t, err)
}

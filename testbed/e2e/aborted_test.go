// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/goserver"
)

const aborted = 100

// ask opens connections to a server that does not answer and waits until it
// handles all of the requests.
func ask(t *testing.T, s *goserver.Server, n int) []net.Conn {
	t.Helper()
	var conns []net.Conn
	for range n {
		c, err := address.Dial(s.Address)
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		_, err = fmt.Fprint(c, "GET /hang HTTP/1.1\r\nHost: hang\r\n\r\n")
		require.NoError(t, err)
		conns = append(conns, c)
	}
	require.Eventually(t, func() bool { return s.Counts(t).InFlight == n }, 10*time.Second, 20*time.Millisecond)
	return conns
}

// overEach runs a test over each kind of socket, with an address to listen on.
func overEach(t *testing.T, test func(t *testing.T, on string)) {
	t.Run("TCP", func(t *testing.T) { test(t, "127.0.0.1:0") })
	t.Run("Unix", func(t *testing.T) { test(t, unixAddress(t)) })
}

// TestServerKilled: requests whose server is killed before it answers are bad.
func TestServerKilled(t *testing.T) { overEach(t, testServerKilled) }

func testServerKilled(t *testing.T, on string) {
	name := serviceName("killed")
	b := startBed(t, bedOptions{})
	server := startGoServerOn(t, name, on)
	for _, c := range ask(t, server, aborted) {
		defer io.Copy(io.Discard, c)
	}
	require.NoError(t, server.Kill())
	got := b.waitBudget(t, name, "http_availability", aborted, 10*time.Second)
	assert.EqualValues(t, aborted, got.Bad)
	b.Terminate(t)
	y := b.tallies(t)[name]
	require.NotNil(t, y)
	assert.EqualValues(t, aborted, y.Spans["server aborted_by_server"])
	assert.EqualValues(t, aborted, y.server())
	assert.EqualValues(t, aborted, y.SLI["http_availability bad"])
	assert.EqualValues(t, aborted, y.SLI["http_latency bad"])
	assert.Zero(t, y.SLI["http_availability good"])
}

// TestClientLeaves: requests whose client leaves first are excluded, and counted
// apart. The server writes an answer to each after that: nobody is there to read
// it.
func TestClientLeaves(t *testing.T) { overEach(t, testClientLeaves) }

func testClientLeaves(t *testing.T, on string) {
	name := serviceName("left")
	b := startBed(t, bedOptions{})
	server := startGoServerOn(t, name, on)
	for _, c := range ask(t, server, aborted) {
		require.NoError(t, c.Close())
	}
	require.Eventually(t, func() bool { return server.Counts(t).Abandoned["/hang"] == aborted }, 10*time.Second, 20*time.Millisecond)
	// one that is answered, so that the service is known and its counts can be waited for
	c, err := address.Dial(server.Address)
	require.NoError(t, err)
	_, err = fmt.Fprint(c, "GET /ok HTTP/1.0\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(c)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	b.waitBudget(t, name, "http_availability", 1, 10*time.Second)
	b.Terminate(t)
	y := b.tallies(t)[name]
	require.NotNil(t, y)
	assert.EqualValues(t, aborted, y.Spans["server aborted_by_client"])
	assert.EqualValues(t, aborted+1, y.server())
	assert.EqualValues(t, 1, y.SLI["http_availability good"])
	assert.Zero(t, y.SLI["http_availability bad"])
	assert.EqualValues(t, 1, y.SLI["http_latency good"])
	assert.Zero(t, y.SLI["http_latency bad"])
}

// TestServerHangs: a service that answers nothing is down, not idle, and its open
// requests are no events.
func TestServerHangs(t *testing.T) { overEach(t, testServerHangs) }

func testServerHangs(t *testing.T, on string) {
	name := serviceName("hung")
	b := startBed(t, bedOptions{ebpf: "{stuck_after: 1s, metrics_interval: 1s}"})
	server := startGoServerOn(t, name, on)
	ask(t, server, 7)
	var last budgetapi.ServiceBudget
	require.Eventually(t, func() bool {
		last = b.budgets(t)[name]
		return last.OpenRequests == 7
	}, 15*time.Second, 100*time.Millisecond, "open requests: %+v", &last)
	assert.Equal(t, "down", last.Activity)
	assert.Zero(t, objective(last, "http_availability").Valid)
	answer := b.gate(t, name)
	assert.Equal(t, "UNKNOWN", answer.State)
	assert.Contains(t, codes(answer.Reasons), "DOWN")
}

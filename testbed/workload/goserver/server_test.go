// SPDX-License-Identifier: Apache-2.0

package goserver_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/goserver"
	"github.com/sloe-dev/sloe/testbed/workload/load"
)

func TestServerCountsEachRequestOnce(t *testing.T) {
	server := goserver.Start(t)
	result, err := load.Run(t.Context(), load.Plan{
		Address: server.Address, Connections: 8,
		Steps: []load.Step{
			{Target: "/ok", Count: 300},
			{Target: "/error", Count: 40},
			{Target: "/status/404", Count: 20},
			{Target: "/status/204", Count: 5},
			{Target: "/status/nonsense", Count: 1},
			{Target: "/slow?ms=20", Count: 10},
			{Target: "/big?bytes=3000000", Count: 2},
			{Target: "/echo", Method: "POST", BodyBytes: 5000, Count: 3},
			{Target: "/nowhere", Count: 7},
		},
	})
	require.NoError(t, err)
	require.Zero(t, result.Failed, result.FirstError)
	assert.Equal(t, map[int]uint64{200: 315, 204: 5, 400: 1, 404: 27, 500: 40}, result.Statuses)
	// The bodies of /big and /echo, and a line with the code from the others but 204.
	assert.Equal(t, uint64(2*3_000_000+3*5_000+4*(300+40+20+1+10+7)), result.BodyBytes)

	counts := server.Counts(t)
	assert.Equal(t, map[string]map[int]uint64{
		"/ok":            {200: 300},
		"/error":         {500: 40},
		"/status/{code}": {204: 5, 400: 1, 404: 20},
		"/slow":          {200: 10},
		"/big":           {200: 2},
		"/echo":          {200: 3},
		"other":          {404: 7},
	}, counts.Answered)
	assert.Empty(t, counts.Abandoned)
	assert.Equal(t, uint64(40), counts.Total(500, 599))
	assert.Equal(t, uint64(388), counts.Total(100, 599))
}

func TestServerCountsClientsThatLeave(t *testing.T) {
	server := goserver.Start(t)
	conn, err := net.Dial("tcp", server.Address)
	require.NoError(t, err)
	_, err = conn.Write([]byte("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return server.Counts(t).InFlight == 1 }, 5*time.Second, 5*time.Millisecond)

	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool { return server.Counts(t).InFlight == 0 }, 5*time.Second, 5*time.Millisecond)
	assert.Equal(t, map[string]uint64{"/hang": 1}, server.Counts(t).Abandoned)
	assert.Empty(t, server.Counts(t).Answered)
}

func TestServerEndsWithItsInput(t *testing.T) {
	server := goserver.Start(t)
	require.NoError(t, server.CloseStdin())
	assert.Equal(t, 0, server.ExitCode(), server.Stderr())
}

func TestServeRefusesWhatItDoesNotKnow(t *testing.T) {
	var out strings.Builder
	assert.ErrorContains(t, goserver.Serve("127.0.0.1:0", strings.NewReader("reset\n"), &out), "know only counts")
	assert.ErrorContains(t, goserver.Serve("127.0.0.1:bad", strings.NewReader(""), &out), "listening on 127.0.0.1:bad")
}

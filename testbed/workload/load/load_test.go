// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

func addressOf(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }

func TestRunSendsExactlyThePlan(t *testing.T) {
	var served, opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = w.Write(body)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()

	r, err := Run(t.Context(), Plan{Address: addressOf(server), Connections: 5, Steps: []Step{
		{Target: "/good", Count: 400},
		{Target: "/bad", Count: 33},
		{Method: "POST", Target: "/good", BodyBytes: 100, Count: 10},
	}})
	require.NoError(t, err)
	assert.Equal(t, map[int]uint64{200: 410, 502: 33}, r.Statuses)
	assert.Equal(t, map[string]map[int]uint64{"/good": {200: 410}, "/bad": {502: 33}}, r.ByTarget)
	assert.Equal(t, uint64(443), r.Total())
	assert.Equal(t, int64(443), served.Load())
	assert.Equal(t, uint64(1000), r.BodyBytes)
	assert.Zero(t, r.Failed, r.FirstError)
	assert.Equal(t, uint64(opened.Load()), r.Connections)
	assert.LessOrEqual(t, r.Connections, uint64(5), "connections are kept alive")
}

func TestRunOpensAnotherConnectionWhenTheServerClosesOne(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
	}))
	defer server.Close()
	r, err := Run(t.Context(), Plan{Address: addressOf(server), Connections: 2, Steps: []Step{{Target: "/", Count: 10}}})
	require.NoError(t, err)
	assert.Equal(t, map[int]uint64{200: 10}, r.Statuses)
	assert.Equal(t, uint64(10), r.Connections)
}

func TestRunCountsRequestsWithoutAWholeResponse(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cut" {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	r, err := Run(t.Context(), Plan{Address: addressOf(server), Connections: 3, Steps: []Step{
		{Target: "/cut", Count: 4}, {Target: "/whole", Count: 6},
	}})
	require.NoError(t, err)
	assert.Equal(t, map[int]uint64{200: 6}, r.Statuses)
	assert.Equal(t, uint64(4), r.Failed)
	assert.Contains(t, r.FirstError, "/cut")
}

func TestRunTimesOut(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	r, err := Run(t.Context(), Plan{
		Address: addressOf(server), Connections: 1, Timeout: 50 * time.Millisecond, Steps: []Step{{Target: "/", Count: 2}},
	})
	require.NoError(t, err)
	assert.Equal(t, uint64(2), r.Failed)
	assert.Contains(t, r.FirstError, "timeout")
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))
	defer server.Close()
	_, err := Run(ctx, Plan{Address: addressOf(server), Connections: 1, Steps: []Step{{Target: "/", Count: 1 << 20}}})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestPlanErrors(t *testing.T) {
	_, err := Run(t.Context(), Plan{Steps: []Step{{Target: "x", Count: -1}}})
	for _, want := range []string{
		"address is empty", "connections is 0", `steps[0].target is "x"`, "must not be negative",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestStepsAreSpreadEvenly(t *testing.T) {
	p := Plan{Steps: []Step{{Count: 90}, {Count: 10}}}
	sent := map[int]int{}
	for n, step := range p.order() {
		sent[step]++
		assert.InDelta(t, float64(n+1)/10, sent[1], 1, "after %d requests", n+1)
	}
	assert.Equal(t, map[int]int{0: 90, 1: 10}, sent)
}

func TestRunProcess(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	program := process.Build(t, "testbed/cmd/load")
	r := RunProcess(t, program, Plan{
		Address: addressOf(server), Connections: 4, Steps: []Step{{Target: "/", Count: 100}},
	}, 20*time.Second)
	assert.Equal(t, map[int]uint64{200: 100}, r.Statuses)
	assert.Positive(t, r.Elapsed)
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	grpccodes "google.golang.org/grpc/codes"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/clients"
	"github.com/sloe-dev/sloe/testbed/workload/grpcserver"
)

// byCode returns the interceptors' counts by the status code's name in the conventions.
func byCode(own grpcserver.Counts, kind string) map[string]uint64 {
	out := map[string]uint64{}
	for _, counts := range own.Ended {
		for code, n := range counts {
			out[kind+" "+codeName(code)] += n
		}
	}
	return out
}

// TestGRPCPython: unary calls and the three kinds of streaming, answered and failed, with
// Python at one end or at both. At the server they equal what its interceptor counted, at
// the client what it was told.
func TestGRPCPython(t *testing.T) {
	const rounds = 200
	servers := map[string]func(t testing.TB, name string) *grpcserver.Server{
		"Go": func(t testing.TB, name string) *grpcserver.Server {
			return grpcserver.Start(t, name, "127.0.0.1:0")
		},
		"Python": grpcserver.StartPython,
	}
	for language, start := range servers {
		t.Run("a client in Python, a server in "+language, func(t *testing.T) {
			service, caller := serviceName("orders"), serviceName("shop")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
			server := start(t, service)
			var told map[string]uint64
			require.NoError(t, json.Unmarshal([]byte(clients.Tool(t, caller, grpcserver.Python, grpcserver.Script(t, "client.py"), server.Address, fmt.Sprint(rounds))), &told))
			requireGRPC(t, b, server, service, "gRPC, client in Python", language)
			y := b.tallies(t)[caller]
			require.NotNil(t, y)
			want := map[string]uint64{}
			for code, n := range told {
				want["client "+code] = n
			}
			assert.Equal(t, want, y.Spans, "at the client")
			assert.EqualValues(t, 9*rounds, y.Histogram[semconv.RPCClientCallDuration+" fine"]+y.Histogram[semconv.RPCClientCallDuration+" failed"])
		})
	}
	t.Run("a client in Go, a server in Python", func(t *testing.T) {
		service := serviceName("orders")
		b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
		server := grpcserver.StartPython(t, service)
		client, err := grpcserver.Dial(server.Address)
		require.NoError(t, err)
		defer client.Close()
		for range rounds {
			assert.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "fine"))
			assert.Equal(t, grpccodes.NotFound, client.Get(t.Context(), grpcserver.Get, "NotFound"))
			assert.Equal(t, grpccodes.OK, client.Stream(t.Context(), grpcserver.List, "orders", 1, false))
			assert.Equal(t, grpccodes.OK, client.Stream(t.Context(), grpcserver.Put, "order", 10, false))
			assert.Equal(t, grpccodes.OK, client.Stream(t.Context(), grpcserver.Chat, "hello", 5, true))
			assert.Equal(t, grpccodes.Unavailable, client.Stream(t.Context(), grpcserver.List, "Unavailable", 1, false))
		}
		requireGRPC(t, b, server, service, "gRPC, client in Go", "Python")
	})
}

// requireGRPC ends the collector and compares the server's spans with its interceptor.
func requireGRPC(t *testing.T, b *bed, server *grpcserver.Server, service, scenario, language string) {
	t.Helper()
	own := server.Counts(t)
	require.Zero(t, own.Open)
	b.waitBudget(t, service, "grpc_availability", own.Total(), patience)
	kernel := b.settledCounts(t)
	b.Terminate(t)
	y := b.tallies(t)[service]
	require.NotNil(t, y)
	assert.Equal(t, byCode(own, "server"), y.Spans, "spans by status")
	assert.Zero(t, y.unspanned())
	assert.Equal(t, own.Total(serverFaults...), y.SLI["grpc_availability bad"])
	assert.Equal(t, own.Total()-own.Total(serverFaults...), y.SLI["grpc_availability good"])
	exactTable.add(exactRow{scenario: scenario, server: language, own: own.Total(), spans: y.spans(), kernel: kernel, equal: !t.Failed()})
}

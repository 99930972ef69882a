// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	grpccodes "google.golang.org/grpc/codes"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/grpcserver"
)

// codeName writes a code as the conventions do: DeadlineExceeded is
// DEADLINE_EXCEEDED there.
func codeName(code string) string {
	switch code {
	case grpccodes.OK.String():
		return code
	case grpccodes.Canceled.String():
		return "CANCELLED"
	}
	var b strings.Builder
	for i, c := range code {
		if i > 0 && unicode.IsUpper(c) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(c))
	}
	return b.String()
}

// serverFaults are the codes that blame the server.
var serverFaults = []string{
	grpccodes.Unknown.String(), grpccodes.DeadlineExceeded.String(), grpccodes.Unimplemented.String(),
	grpccodes.Internal.String(), grpccodes.Unavailable.String(), grpccodes.DataLoss.String(),
}

// grpcCalls makes calls of every kind at once over some connections, and returns how
// many were cancelled while the server handled them.
func grpcCalls(t *testing.T, server *grpcserver.Server) (cancelled int) {
	const clients, atOnce, each = 4, 25, 60
	var wait sync.WaitGroup
	for range clients {
		client, err := grpcserver.Dial(server.Address)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		for range atOnce {
			wait.Go(func() {
				for i := range each {
					assert.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "fine"))
					code := grpccodes.Code(i % 17)
					if code == grpccodes.Canceled {
						continue // those are counted apart
					}
					text := code.String()
					assert.Equal(t, code, client.Get(t.Context(), grpcserver.Get, text))
					if i%20 != 0 {
						continue
					}
					assert.Equal(t, grpccodes.OK, client.Stream(t.Context(), grpcserver.List, "orders", 1, false))
					assert.Equal(t, grpccodes.OK, client.Stream(t.Context(), grpcserver.Put, "order", 10, false))
					assert.Equal(t, grpccodes.OK, client.Stream(t.Context(), grpcserver.Chat, "hello", 5, true))
					assert.Equal(t, grpccodes.Unavailable, client.Stream(t.Context(), grpcserver.List, grpccodes.Unavailable.String(), 1, false))
				}
			})
		}
		wait.Wait()
		for range 10 {
			ctx, leave := context.WithCancel(t.Context())
			before := server.Counts(t).Open
			done := make(chan grpccodes.Code)
			go func() { done <- client.Get(ctx, grpcserver.Get, "hang") }()
			require.Eventually(t, func() bool { return server.Counts(t).Open == before+1 }, patience, time.Millisecond)
			leave()
			assert.Equal(t, grpccodes.Canceled, <-done)
			cancelled++
			require.Eventually(t, func() bool { return server.Counts(t).Open == before }, patience, time.Millisecond)
		}
	}
	return cancelled
}

// TestGRPC: every call of a gRPC server is counted once, by its interceptors' own
// counters, and arrives at its budget.
func TestGRPC(t *testing.T) {
	for name, on := range map[string]func(testing.TB) string{
		"over TCP":         func(testing.TB) string { return "127.0.0.1:0" },
		"over Unix socket": unixAddress,
	} {
		t.Run(name, func(t *testing.T) {
			service := serviceName("orders")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
			server := grpcserver.Start(t, service, on(t))
			cancelled := grpcCalls(t, server)
			own := server.Counts(t)
			require.EqualValues(t, cancelled, own.Total(grpccodes.Canceled.String()))
			answered := own.Total() - uint64(cancelled)
			slo := b.waitBudget(t, service, "grpc_availability", answered, patience)
			assert.Equal(t, answered-own.Total(serverFaults...), slo.Good)
			kernel := b.settledCounts(t)
			b.Terminate(t)

			y := b.tallies(t)[service]
			require.NotNil(t, y)
			byCode := map[string]uint64{}
			for _, counts := range own.Ended {
				for code, n := range counts {
					byCode["server "+codeName(code)] += n
				}
			}
			byCode["server "+semconv.AbortedByClient] = byCode["server CANCELLED"]
			delete(byCode, "server CANCELLED")
			assert.Equal(t, byCode, y.Spans, "spans by status")
			assert.Zero(t, y.unspanned())
			assert.Equal(t, own.Total(), y.Histogram[semconv.RPCServerCallDuration+" fine"]+y.Histogram[semconv.RPCServerCallDuration+" failed"])
			assert.Equal(t, own.Total(serverFaults...), y.SLI["grpc_availability bad"])
			assert.Equal(t, answered-own.Total(serverFaults...), y.SLI["grpc_availability good"])
			assert.Equal(t, answered, y.SLI["grpc_latency good"]+y.SLI["grpc_latency bad"])
			exactTable.add(exactRow{scenario: "gRPC, " + name, server: "Go", own: own.Total(), spans: y.spans(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

// TestGRPCMethods: spans are named for what was called.
func TestGRPCMethods(t *testing.T) {
	service := serviceName("orders")
	b := startBed(t, bedOptions{})
	server := grpcserver.Start(t, service, "127.0.0.1:0")
	client, err := grpcserver.Dial(server.Address)
	require.NoError(t, err)
	defer client.Close()
	assert.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "fine"))
	assert.Equal(t, grpccodes.NotFound, client.Get(t.Context(), grpcserver.Get, grpccodes.NotFound.String()))
	assert.Equal(t, grpccodes.OK, client.Stream(t.Context(), grpcserver.Chat, "hello", 3, true))
	assert.Equal(t, grpccodes.Unimplemented, client.Get(t.Context(), "/"+grpcserver.ServiceName+"/Invented", "x"))
	b.waitBudget(t, service, "grpc_availability", 4, patience)
	b.Terminate(t)
	got := map[string]string{}
	for s := range b.spansOf(t, service) {
		a := s.Attributes()
		assert.Equal(t, "grpc", str(a, semconv.RPCSystemName))
		got[s.Name()+" "+str(a, semconv.RPCResponseStatusCode)] = str(a, semconv.RPCMethod) + ", " + s.Status().Code().String()
	}
	assert.Equal(t, map[string]string{
		grpcserver.ServiceName + "/Get OK":        grpcserver.ServiceName + "/Get, Unset",
		grpcserver.ServiceName + "/Get NOT_FOUND": grpcserver.ServiceName + "/Get, Unset",
		grpcserver.ServiceName + "/Chat OK":       grpcserver.ServiceName + "/Chat, Unset",
		"grpc UNIMPLEMENTED":                      "_OTHER, Error",
	}, got)
}

// spansSince counts a service's server spans that begin at a time or later, by name.
func (b *bed) spansSince(t testing.TB, service string, since time.Time) map[string]int {
	counts := map[string]int{}
	for s := range b.spansOf(t, service) {
		if !s.StartTimestamp().AsTime().Before(since) {
			counts[s.Name()]++
		}
	}
	return counts
}

// joinPause is longer than a record waits in the ring, so that what follows begins
// after what was before.
const joinPause = 500 * time.Millisecond

// TestGRPCMidway: on connections that are older than the agent every call after the
// join is counted. What its headers refer to was not seen: what cannot be told is
// not told.
func TestGRPCMidway(t *testing.T) {
	live(t)
	service := serviceName("orders")
	server := grpcserver.Start(t, service, "127.0.0.1:0")
	const clients, calls = 3, 200
	var open []*grpcserver.Client
	for range clients {
		client, err := grpcserver.Dial(server.Address)
		require.NoError(t, err)
		defer client.Close()
		require.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "before"))
		open = append(open, client)
	}
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
	for _, client := range open {
		require.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "join"))
		require.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "join"))
	}
	time.Sleep(joinPause)
	since := time.Now()
	var wait sync.WaitGroup
	for _, client := range open {
		for range 10 {
			wait.Go(func() {
				for range calls / 10 {
					assert.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "fine"))
				}
			})
		}
	}
	wait.Wait()
	time.Sleep(joinPause)
	b.Terminate(t)
	counts := b.spansSince(t, service, since)
	total := 0
	for _, n := range counts {
		total += n
	}
	assert.Equal(t, clients*calls, total, "%v", counts)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		assert.Contains(t, []string{"grpc", strings.TrimPrefix(grpcserver.Get, "/")}, name)
	}
}

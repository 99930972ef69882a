// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/redisbed"
)

// lateSpeaker says to a Redis what memcached would know, then what nobody does, and then
// commands, each of which it waits for.
const lateSpeaker = `
import socket, sys
conn = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
answers = conn.makefile("rb")
for ask, times in ((b"version\r\n", int(sys.argv[2])), (b"\x01\x02\n", int(sys.argv[2])), (b"*2\r\n$4\r\nINCR\r\n$4\r\nlate\r\n", int(sys.argv[3]))):
    for _ in range(times):
        conn.sendall(ask)
        if not answers.readline():
            sys.exit("no answer")
`

// TestPortSaysTheProtocol holds what Sloe has of a Redis at a port that the configuration
// names against INFO commandstats, though one of its clients begins with what is no
// command of Redis: each turn of that is uncertain, at both ends, and what follows is
// counted. Detection alone takes that connection for one of memcached.
func TestPortSaysTheProtocol(t *testing.T) {
	live(t)
	const requests, misses, late = 2000, 30, 240
	serverName, clientName, lateName := serviceName("redis"), serviceName("shop"), serviceName("late")
	redis := redisbed.Start(t, redisbed.Options{Name: serverName})
	_, port, err := net.SplitHostPort(redis.Address)
	require.NoError(t, err)
	b := startBed(t, bedOptions{
		ebpf:      fmt.Sprintf("{protocols: [http, redis, memcached], ports: [{port: %s, protocol: Redis}]}", port),
		catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n  - {name: %s, tier: tier3}\n", clientName, lateName),
	})
	speaker := exec.Command("python3", "-c", lateSpeaker, port, fmt.Sprint(misses), fmt.Sprint(late))
	speaker.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+lateName)
	out, err := speaker.CombinedOutput()
	require.NoError(t, err, string(out))
	redis.Benchmark(t, clientName, "-P", "16", "-q", "-c", "10", "-n", fmt.Sprint(requests), "-t", "set,get")
	own := redis.Commands(t)
	sum := redisbed.Sum(own)
	require.EqualValues(t, late, own["incr"].Calls)
	require.EqualValues(t, requests, own["set"].Calls)
	require.Zero(t, sum.Failed+sum.Rejected)

	b.waitBudget(t, clientName, "db_availability", sum.Calls-late, 30*time.Second)
	b.waitBudget(t, lateName, "db_availability", late, 30*time.Second)
	b.waitUncertain(t, lateName, "db_availability", 2*misses, 30*time.Second)
	b.settledCounts(t)
	for name, calls := range map[string]uint64{clientName: sum.Calls - late, lateName: late} {
		assert.Equal(t, calls, objective(b.budgets(t)[name], "db_availability").Good, name)
	}
	assert.LessOrEqual(t, b.gate(t, lateName).Budget.Coverage, float64(late)/(late+2*misses))
	b.Terminate(t)
	y := b.tallies(t)
	require.NotNil(t, y[serverName])
	assert.Equal(t, sum.Calls+1, y[serverName].server(), "operations at the server, and the asking for them")
	assert.Equal(t, map[string]uint64{"server unrecognized": 2 * misses}, b.unmeasured(t, serverName))
	assert.Equal(t, map[string]uint64{"client unrecognized": 2 * misses}, b.unmeasured(t, lateName))
	assert.Empty(t, b.unmeasured(t, clientName))
}

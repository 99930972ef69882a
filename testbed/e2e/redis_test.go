// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/redisbed"
)

// TestRedis holds what Sloe has of a Redis server against INFO commandstats:
//
//	calls of all commands = operations at the server, the asking for them left out
//
// and of a client the same against the commands that it was told to send. Failed
// calls, and those that were rejected before they were run (of which calls has none),
// are errors.
func TestRedis(t *testing.T) {
	const requests = 20_000
	tests := map[string]struct {
		unix  bool
		words []string
	}{
		"one command a turn":                {words: []string{"-P", "1"}},
		"over a Unix socket":                {words: []string{"-P", "1"}, unix: true},
		"16 commands a turn":                {words: []string{"-P", "16"}},
		"100 commands a turn":               {words: []string{"-P", "100"}},
		"16 commands a turn, a Unix socket": {words: []string{"-P", "16"}, unix: true},
		"values of 20 KB, which take reads": {words: []string{"-P", "1", "-d", "20000"}},
		"16 commands of 3 KB each":          {words: []string{"-P", "16", "-d", "3000"}},
		"RESP3":                             {words: []string{"-P", "1", "-3"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			serverName, clientName := serviceName("redis"), serviceName("shop")
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", clientName)})
			redis := redisbed.Start(t, redisbed.Options{Name: serverName, Unix: tt.unix})
			redis.Benchmark(t, clientName, append(tt.words, "-q", "-c", "50", "-n", fmt.Sprint(requests), "-t", "set,get,lpush")...)
			redis.CLI(t, clientName, "-r", "300", "INCR", "mylist") // a list is no number
			redis.CLI(t, clientName, "-r", "200", "GET")            // rejected: an argument is missing
			own := redis.Commands(t)
			sum := redisbed.Sum(own)
			require.EqualValues(t, requests, own["set"].Calls)
			require.EqualValues(t, 300, sum.Failed)
			require.EqualValues(t, 200, sum.Rejected)

			all := sum.Calls + sum.Rejected
			b.waitBudget(t, clientName, "db_availability", all, 30*time.Second)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			y := b.tallies(t)
			require.NotNil(t, y[serverName])
			require.NotNil(t, y[clientName])
			asking := uint64(1)
			assert.Equal(t, all+asking, y[serverName].server(), "operations at the server")
			assert.Equal(t, uint64(500), y[serverName].total("server error"))
			assert.Equal(t, all+asking-500, y[serverName].total("server ok"))
			assert.Equal(t, all-500, y[clientName].total("client ok"))
			assert.Equal(t, uint64(500), y[clientName].total("client error"))
			assert.Equal(t, all-500, y[clientName].SLI["db_availability good"])
			assert.Equal(t, uint64(500), y[clientName].SLI["db_availability bad"])
			assert.Equal(t, all-500, y[clientName].Histogram[semconv.DBClientOperationDuration+" fine"])
			assert.Equal(t, uint64(500), y[clientName].Histogram[semconv.DBClientOperationDuration+" failed"])
			exactTable.add(exactRow{scenario: name, server: "Redis", own: all + asking, spans: y[serverName].spans(),
				unspanned: y[serverName].unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/redisbed"
)

// redisConn is a connection that the test speaks on itself.
type redisConn struct {
	net.Conn
	read *bufio.Reader
}

func dialRedis(t *testing.T, redis *redisbed.Redis) *redisConn {
	t.Helper()
	c, err := net.Dial("tcp", redis.Address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &redisConn{c, bufio.NewReader(c)}
}

func (c *redisConn) send(t *testing.T, words ...string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	_, err := io.WriteString(c, b.String())
	require.NoError(t, err)
}

// lines reads so many.
func (c *redisConn) lines(t *testing.T, n int) []string {
	t.Helper()
	var out []string
	for range n {
		line, err := c.read.ReadString('\n')
		require.NoError(t, err)
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

// requireCommands ends the collector and compares the operations at the server with
// INFO commandstats: calls and rejected ones of all commands, and the asking for them.
func requireCommands(t *testing.T, b *bed, redis *redisbed.Redis, service, scenario string) *tally {
	t.Helper()
	sum := redisbed.Sum(redis.Commands(t))
	const asking = 1
	kernel := b.settledCounts(t)
	b.Terminate(t)
	y := b.tallies(t)[service]
	require.NotNil(t, y)
	assert.Equal(t, sum.Calls+sum.Rejected+asking, y.server(), "operations at the server")
	assert.Equal(t, sum.Failed+sum.Rejected, y.total("server error"))
	exactTable.add(exactRow{scenario: scenario, server: "Redis", own: sum.Calls + sum.Rejected + asking, spans: y.spans(),
		unspanned: y.unspanned(), kernel: kernel, equal: !t.Failed()})
	return y
}

// TestRedisPubSub: what is published to subscribers, and what MONITOR tells, answers no
// command. Those that asked for it are counted, once each.
func TestRedisPubSub(t *testing.T) {
	const messages, each = 200, 100
	for _, version := range []string{"2", "3"} {
		t.Run("RESP"+version, func(t *testing.T) {
			service, caller := serviceName("redis"), serviceName("shop")
			b := startBed(t, bedOptions{})
			redis := redisbed.Start(t, redisbed.Options{Name: service})
			subscriber, monitor := dialRedis(t, redis), dialRedis(t, redis)
			if version == "3" {
				subscriber.send(t, "HELLO", "3")
				for line := ""; line != "*0"; line = subscriber.lines(t, 1)[0] { // the modules end it
				}
			}
			subscriber.send(t, "SUBSCRIBE", "news", "weather")
			subscriber.lines(t, 2*6)
			monitor.send(t, "MONITOR")
			require.Equal(t, []string{"+OK"}, monitor.lines(t, 1))
			redis.CLI(t, caller, "-r", fmt.Sprint(messages), "PUBLISH", "news", "sloe")
			redis.CLI(t, caller, "-r", fmt.Sprint(each), "INCR", "n")
			subscriber.lines(t, messages*7)
			monitor.lines(t, messages+each)
			subscriber.send(t, "PING")
			subscriber.lines(t, 1)
			b.waitBudget(t, caller, "db_availability", messages+each, patience)
			y := requireCommands(t, b, redis, service, "RESP"+version+", pub/sub and MONITOR")
			assert.Zero(t, y.total("server "+semconv.AbortedByServer))
			assert.Equal(t, map[string]uint64{"client ok": messages + each}, b.tallies(t)[caller].Spans)
		})
	}
}

// TestRedisBlocking: commands that wait for others are counted, and marked, and make
// nobody slow: neither as spans, nor where the kernel counts them.
func TestRedisBlocking(t *testing.T) {
	const waits, plain = 10, 50
	for name, tt := range map[string]struct {
		ebpf   string
		marked int
	}{
		"spans":              {"", waits + 1},
		"counts by sampling": {"{sampling: {ratio: 0, always: []}}", 0},
	} {
		t.Run(name, func(t *testing.T) {
			service, caller := serviceName("redis"), serviceName("shop")
			b := startBed(t, bedOptions{ebpf: tt.ebpf, catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier1, slo: {latency_threshold_ms: 50}}\n", caller)})
			redis := redisbed.Start(t, redisbed.Options{Name: service})
			for range waits {
				redis.CLI(t, caller, "BLPOP", "nobody", "0.2")
			}
			redis.CLI(t, caller, "XREAD", "BLOCK", "200", "STREAMS", "none", "$")
			redis.CLI(t, caller, "-r", fmt.Sprint(plain), "INCR", "n")
			b.waitBudget(t, caller, "db_availability", waits+1+plain, patience)
			requireCommands(t, b, redis, service, "blocking commands, "+name)
			y := b.tallies(t)[caller]
			assert.EqualValues(t, plain, y.SLI["db_latency good"], "those that do not wait")
			assert.Zero(t, y.SLI["db_latency bad"])
			marked := 0
			for s := range b.spansOf(t, caller) {
				if str(s.Attributes(), semconv.DBBlocking) == "true" {
					marked++
				}
			}
			assert.Equal(t, tt.marked, marked)
		})
	}
}

// TestRedisSpill: with a small ring and a reader that stands still the kernel counts the
// commands, by their number and how they ended.
func TestRedisSpill(t *testing.T) {
	const requests = 20_000
	for _, pipeline := range []string{"1", "16"} {
		t.Run(pipeline+" commands a turn", func(t *testing.T) {
			service, caller := serviceName("redis"), serviceName("shop")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 65536}"})
			redis := redisbed.Start(t, redisbed.Options{Name: service})
			redis.Benchmark(t, caller, "-q", "-n", "100", "-t", "set") // who they are is known
			b.Pause(t)
			redis.Benchmark(t, caller, "-q", "-c", "50", "-P", pipeline, "-n", fmt.Sprint(requests), "-t", "set,lpush")
			redis.CLI(t, caller, "-r", "300", "INCR", "mylist") // a list is no number
			b.Resume(t)
			sum := redisbed.Sum(redis.Commands(t))
			b.waitBudget(t, caller, "db_availability", sum.Calls+sum.Rejected, 30*time.Second)
			y := requireCommands(t, b, redis, service, pipeline+" commands a turn, a ring of 64 KiB and a stalled reader")
			assert.NotZero(t, y.unspanned(), "the ring was to be too small")
		})
	}
}

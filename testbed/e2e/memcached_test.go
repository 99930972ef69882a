// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/memcachedbed"
)

// TestMemcached holds what Sloe has of a memcached against its statistics:
//
//	cmd_set + cmd_get + cmd_touch + cmd_flush + hits and misses of delete, incr and decr
//	  = operations at the server + sets with noreply (sloe.unmeasured, no_answer)
//	    - keys of gets beyond the first of each + what has no counter (version, stats)
//
// The asking for them is the first command of its connection, which nothing tells from
// beanstalkd's: it is not counted.
func TestMemcached(t *testing.T) {
	const each, clients = 500, 8
	for _, what := range []string{"set", "get"} {
		t.Run(what, func(t *testing.T) {
			b, m, serverName, clientName := startMemcached(t, false)
			m.Client(t, clientName, "memcslap", "--quiet", "--test="+what, "--servers="+m.Where(), fmt.Sprintf("--concurrency=%d", clients), fmt.Sprintf("--execute-number=%d", each))
			own := m.Stats(t)
			require.EqualValues(t, each*clients, own["cmd_"+what])
			b.waitBudget(t, clientName, "db_availability", memcachedbed.Keys(own), 30*time.Second)
			requireMemcached(t, b, serverName, clientName, memcachedTruth{own: own}, "memcslap, "+what)
		})
	}
}

// TestMemcachedClient: the same of a client that asks for no answer to what it stores,
// unless it is told otherwise, and of commands of every kind.
func TestMemcachedClient(t *testing.T) {
	const rounds = 100
	for name, unix := range map[string]bool{"TCP": false, "Unix": true} {
		t.Run(name, func(t *testing.T) {
			b, m, serverName, clientName := startMemcached(t, unix)
			m.Client(t, clientName, "/usr/bin/python3", "-c", `
import sys
from pymemcache.client.base import Client
from pymemcache.exceptions import MemcacheClientError
where, rounds = sys.argv[1], int(sys.argv[2])
client = Client(where if where[0] == "/" else tuple(where.rsplit(":", 1)))
for i in range(rounds):
    client.set("a", "x" * 30000)
    client.set("b", "2", noreply=False)
    client.delete("c")
    client.delete("c", noreply=False)
    client.incr("b", 1)
    client.incr("none", 1)
    client.decr("b", 1, noreply=True)
    assert client.get("a") == b"x" * 30000
    assert len(client.get_many(["a", "b", "c", "d"])) == 2
    client.touch("b", 60)
    client.touch("b", 60, noreply=False)
    value, unique = client.gets("b")
    assert client.cas("b", "3", unique) is True
    assert client.add("b", "4", noreply=False) is False
    client.version()
    try:
        client.incr("a", 1)
        raise Exception("a text was counted up")
    except MemcacheClientError:
        pass
    client.flush_all(noreply=False)
    client.set_many({"e": "1", "f": "2", "g": "3"})
client.quit()
`, m.Where(), fmt.Sprint(rounds))
			own := m.Stats(t)
			truth := memcachedTruth{
				own:    own,
				mute:   rounds * (1 + 1 + 1 + 1 + 3), // set, delete, decr, touch, set_many
				keys:   rounds * 3,
				others: rounds * (1 + 1), // version, and incr of a text, which is neither hit nor miss
				failed: rounds,
			}
			require.EqualValues(t, rounds*7, own["cmd_set"])
			b.waitBudget(t, clientName, "db_availability", truth.operations(), 30*time.Second)
			requireMemcached(t, b, serverName, clientName, truth, "pymemcache, "+name)
		})
	}
}

// TestMemcachedMeta: meta commands, quiet ones up to the end of their pipeline among
// them, of which the server answers what there is to tell.
func TestMemcachedMeta(t *testing.T) {
	const rounds, deep = 100, 50
	for name, unix := range map[string]bool{"TCP": false, "Unix": true} {
		t.Run(name, func(t *testing.T) {
			b, m, serverName, _ := startMemcached(t, unix)
			conn, err := address.Dial(m.Address)
			require.NoError(t, err)
			defer func() { assert.NoError(t, conn.Close()) }()
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			read := bufio.NewReader(conn)
			say := func(commands, lastLine string) {
				_, err := io.WriteString(conn, commands)
				require.NoError(t, err)
				for line := ""; line != lastLine; {
					line, err = read.ReadString('\n')
					require.NoError(t, err)
				}
			}
			say("ms a 2\r\nhi\r\n", "HD\r\n")
			quiet := strings.Repeat("mg a v q\r\nmg none v q\r\n", deep) + "ms b 2 q\r\nhi\r\nmd none q\r\nmn\r\n"
			for range rounds {
				say("mg a v t\r\nmg none v\r\nmn\r\n", "MN\r\n")
				say(quiet, "MN\r\n")
				say("ma none\r\n", "NF\r\n")
			}
			own := m.Stats(t)
			truth := memcachedTruth{own: own}
			require.EqualValues(t, 1+rounds*(2+2*deep+2+1), truth.operations())
			requireMemcached(t, b, serverName, "", truth, "meta commands, "+name)
		})
	}
}

// startMemcached starts a collector that looks for memcached, and a server, and names
// the server and its client.
func startMemcached(t *testing.T, unix bool) (b *bed, m *memcachedbed.Memcached, server, client string) {
	t.Helper()
	server, client = serviceName("memcached"), serviceName("shop")
	b = startBed(t, bedOptions{
		ebpf: "{protocols: [http, grpc, sql, redis, memcached]}", catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", client),
	})
	return b, memcachedbed.Start(t, memcachedbed.Options{Name: server, Unix: unix}), server, client
}

// memcachedTruth is what was asked of a server.
type memcachedTruth struct {
	own map[string]uint64 // the server's statistics
	// mute operations asked for no answer; keys are those of gets beyond the first of
	// each; others have no counter, and failed ones were refused, most before they were
	// counted.
	mute, keys, others, failed uint64
}

func (m *memcachedTruth) operations() uint64 {
	return memcachedbed.Keys(m.own) - m.mute - m.keys + m.others
}

// requireMemcached ends the collector and compares, at the server, and at the client if
// it has a name.
func requireMemcached(t *testing.T, b *bed, server, client string, truth memcachedTruth, scenario string) {
	t.Helper()
	want := truth.operations()
	kernel := b.settledCounts(t)
	b.Terminate(t)
	y := b.tallies(t)
	for _, side := range []struct{ service, kind, metric string }{
		{server, semconv.KindServer, semconv.DBServerOperationDuration}, {client, semconv.KindClient, semconv.DBClientOperationDuration},
	} {
		if side.service == "" {
			continue
		}
		got := y[side.service]
		require.NotNil(t, got, side.service)
		assert.Equal(t, want-truth.failed, got.total(side.kind+" ok"), "operations at the %s", side.kind)
		assert.Equal(t, truth.failed, got.total(side.kind+" error"))
		assert.Equal(t, want, got.Histogram[side.metric+" fine"]+got.Histogram[side.metric+" failed"])
		mute := map[string]uint64{}
		if truth.mute > 0 {
			mute[side.kind+" no_answer"] = truth.mute
		}
		assert.Equal(t, mute, b.unmeasured(t, side.service))
	}
	exactTable.add(exactRow{scenario: scenario, server: "memcached", own: want, spans: y[server].spans(), unspanned: y[server].unspanned(), kernel: kernel, equal: !t.Failed()})
}

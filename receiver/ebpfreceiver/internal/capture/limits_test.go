// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// lost reads a loss.
func lost(t *testing.T, c *run, reason string) uint64 {
	t.Helper()
	counters, err := c.Counters()
	require.NoError(t, err)
	n, known := counters.Lost[reason]
	require.True(t, known, "there is no loss %s", reason)
	return n
}

// TestFullAggregates: exchanges whose process finds no key are counted without it,
// once, and that is counted.
func TestFullAggregates(t *testing.T) {
	const processes, n = 3, 100
	var pids []int
	c := whole(t, func(c *Capture) {
		pids = nil
		for range processes {
			p := startPeers(t, "moved")
			p.play(t, n)
			pids = append(pids, p.pid)
		}
	}, Options{RingBytes: 1 << 20, Limits: Limits{Aggregates: 1}})
	aggregates, err := c.Aggregates()
	require.NoError(t, err)
	named, anonymous := map[uint8]uint64{}, map[uint8]uint64{}
	for _, a := range aggregates {
		for _, pid := range pids {
			if int(a.Key.Process.Tgid) == pid {
				named[a.Key.Role] += a.Count
			}
		}
		if a.Key.Process == (record.Process{}) && a.Key.StatusClass == 3 {
			anonymous[a.Key.Role] += a.Count
		}
	}
	for _, role := range []uint8{record.RoleServer, record.RoleClient} {
		assert.EqualValues(t, processes*n, named[role]+anonymous[role], "role %d", role)
		assert.NotZero(t, anonymous[role])
	}
	assert.GreaterOrEqual(t, lost(t, c, "aggregates_full"), anonymous[record.RoleServer]+anonymous[record.RoleClient])
	assert.Zero(t, lost(t, c, "uncounted"))
}

// TestFullProcesses: exchanges of a process that finds no room are recorded like
// others; who it is has to be found out elsewhere.
func TestFullProcesses(t *testing.T) {
	const n = 50
	var first, second *peers
	c := whole(t, func(c *Capture) {
		first, second = startPeers(t, "http"), startPeers(t, "http")
		first.play(t, n)
		second.play(t, n)
	}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: 1}, Limits: Limits{Processes: 1}})
	known, found := 0, map[record.Process]uint64{}
	for i := range c.exchanges {
		e := &c.exchanges[i]
		if pid := int(e.Process.Tgid); pid == first.pid || pid == second.pid {
			found[e.Process]++
		}
	}
	require.Len(t, found, 2)
	for process, exchanges := range found {
		assert.EqualValues(t, 2*n, exchanges, "both roles")
		if _, ok := c.Identity(process); ok {
			known++
		}
	}
	assert.LessOrEqual(t, known, 1)
	assert.NotZero(t, lost(t, c, "processes_full"))
}

// TestFullBuckets: processes without a bucket of their own share the rate of one,
// and every exchange is counted.
func TestFullBuckets(t *testing.T) {
	const n, rate = 200, 10
	var all []*peers
	var took time.Duration
	c := whole(t, func(c *Capture) {
		all = nil
		began := time.Now()
		for range 3 {
			p := startPeers(t, "http")
			p.play(t, n)
			all = append(all, p)
		}
		took = time.Since(began)
	}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: 1, MaxPerSecond: rate}, Limits: Limits{Buckets: 1}})
	delivered := map[int]uint64{}
	for i := range c.exchanges {
		delivered[int(c.exchanges[i].Process.Tgid)]++
	}
	aggregates, err := c.Aggregates()
	require.NoError(t, err)
	var sum uint64
	for _, p := range all {
		exchanges := delivered[p.pid]
		sum += exchanges
		for _, a := range aggregates {
			if int(a.Key.Process.Tgid) == p.pid {
				exchanges += a.Count
			}
		}
		assert.EqualValues(t, 2*n, exchanges)
	}
	assert.LessOrEqual(t, sum, uint64(2*rate*(1+took.Seconds()))+2, "at most one of them has a bucket of its own")
	assert.NotZero(t, lost(t, c, "buckets_full"))
}

// TestFullOwnFlows: of the collector's own connections that find no room the
// server's requests are counted, and so are the connections; others are left out.
func TestFullOwnFlows(t *testing.T) {
	const connections, n, room = 4, 20, 1
	var server *peers
	c := whole(t, func(c *Capture) {
		server = startPeers(t, serveAlone)
		require.True(t, server.out.Scan())
		address := server.out.Text()
		var open []net.Conn
		for range connections {
			conn, err := net.Dial("tcp", address)
			require.NoError(t, err)
			open = append(open, conn)
		}
		buffer := make([]byte, len(turns["http"].response))
		for range n {
			for _, conn := range open {
				_, err := io.WriteString(conn, turns["http"].request)
				require.NoError(t, err)
				_, err = io.ReadFull(conn, buffer)
				require.NoError(t, err)
			}
		}
		for _, conn := range open {
			require.NoError(t, conn.Close())
		}
	}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: 1}, Limits: Limits{OwnFlows: room}})
	delivered, spilled := c.placed(t, server.pid)
	assert.EqualValues(t, (connections-room)*n, delivered[record.RoleServer]+spilled[record.RoleServer])
	assert.EqualValues(t, connections-room, lost(t, c, "own_flows_full"))
}

// TestMaxAggregates: a large host takes fewer, for the memory.
func TestMaxAggregates(t *testing.T) {
	for cpus, want := range map[int]int{1: 8192, 2: 8192, 8: 8192, 16: 4946, 64: 1236, 256: minAggregates} {
		assert.Equal(t, want, maxAggregates(8192, cpus), "%d CPUs", cpus)
	}
}

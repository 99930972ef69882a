// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// TestPostgreSQLJoinedMidway: connections that are older than the agent. The client is stopped
// amid its work, each connection where it happens to be; once the server has answered what it
// can, its log is the boundary: the collector starts, the client goes on, and all that is asked
// from there on is counted, at both ends. What was asked before and waits for a lock is answered
// behind the boundary: it is not counted, and said to be missing. So is, at the client, what was
// answered before and is read behind it: one of a connection, at most. What was prepared before
// is said to be unknown.
func TestPostgreSQLJoinedMidway(t *testing.T) {
	const connections = 8
	const all = 2 + connections*100*7
	for _, mode := range []string{"simple", "extended", "prepared"} {
		for where, unix := range map[string]bool{"": false, ", a Unix socket": true} {
			name := mode + where
			t.Run(name, func(t *testing.T) {
				live(t)
				serverName, clientName := serviceName("postgres"), serviceName("shop")
				p := postgresbed.Start(t, postgresbed.Options{Name: serverName, Unix: unix})
				p.Client(t, "", "pgbench", "-i", "-q", "-s", "1")
				client := p.Launch(t, clientName, "pgbench", "-n", "-c", "8", "-t", "100", "-M", mode)
				require.Eventually(t, func() bool { return p.All().Operations() > all/10 }, patience, 20*time.Millisecond)
				require.NoError(t, client.Signal(syscall.SIGSTOP))
				before, inFlight := p.Quiet(t)
				allBefore := p.All()
				b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
				require.NoError(t, client.Signal(syscall.SIGCONT))
				require.Zero(t, client.ExitCode(), client.Stderr())
				clerk, own := p.Counts(t).Minus(before), p.All().Minus(allBefore)
				t.Logf("%d of pgbench's before, %d in flight, %d behind", before.Operations(), inFlight, clerk.Operations()-inFlight)
				require.Greater(t, clerk.Operations(), inFlight)
				asked := clerk.Operations() - inFlight

				b.waitBudget(t, clientName, "db_availability", asked, patience)
				kernel := b.settledCounts(t)
				unknown := uint64(0)
				if mode == "prepared" {
					unknown = 2 * asked // once at each end
				}
				assert.EqualValues(t, unknown, b.scrape(t, "reason")["statements_unknown"])
				b.Terminate(t)
				y := b.tallies(t)
				require.NotNil(t, y[serverName])
				assert.Equal(t, own.Operations()-inFlight, y[serverName].server(), "operations at the server")
				assert.Equal(t, own.Operations()-inFlight, y[serverName].total("server ok"))
				assert.Equal(t, asked, y[clientName].total("client ok"))
				assert.Equal(t, map[string]uint64{"client ok": asked}, y[clientName].Spans)
				missing := map[string]uint64{}
				if inFlight > 0 {
					missing["server request_unseen"] = inFlight
				}
				assert.Equal(t, missing, b.unmeasured(t, serverName))
				missing = b.unmeasured(t, clientName)
				assert.GreaterOrEqual(t, missing["client request_unseen"], inFlight)
				assert.LessOrEqual(t, missing["client request_unseen"], uint64(connections))
				delete(missing, "client request_unseen")
				assert.Empty(t, missing)
				exactTable.add(exactRow{scenario: name + ", joined midway", server: "PostgreSQL", own: own.Operations(), spans: y[serverName].spans(),
					unspanned: y[serverName].unspanned(), kernel: kernel, boundary: inFlight, equal: !t.Failed()})
			})
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// pooled is a pgbouncer that has something to say of its own, and its clients.
type pooled struct {
	server *postgresbed.PostgreSQL
	pool   *postgresbed.PgBouncer
	// clients ask in the way of the case, one of them holds a connection.
	clients, one *postgresbed.Sessions
	seen         postgresbed.Seen
	// own are operations that pgbouncer answered itself, ended those that the server answered,
	// or passed over, with an error, or left with the answer begun.
	own, ended uint64
	// end is what the server counted, of one that the case ended.
	end *postgresbed.Counts
}

func (p *pooled) saw(seen postgresbed.Seen) postgresbed.Seen {
	p.seen.Add(seen)
	return seen
}

const (
	failing = "FATAL 08P01 server login has been failing, try again later (server_login_retry)"
	waited  = "FATAL 08P01 query_wait_timeout"
	crashed = "FATAL 08P01 server conn crashed?"
	retired = "FATAL 57P01 terminating connection due to administrator command"
)

// TestPostgreSQLPoolAnswers: what pgbouncer answers itself. Its errors are FATAL: no
// ReadyForQuery follows, and it closes the connection. Hence
//
//	first hop:   good + bad = what its clients asked, once they were in; bad is what they saw an error of
//	             Queries and Syncs of it = SHOW STATS, which counts what was asked, however it ended
//	second hop:  good = good of the first + what pgbouncer asks by itself = the server's log
//	             bad  = bad of the first - what pgbouncer answered itself
//
// An operation behind the error in a batch was passed over, and is bad as it is behind any
// other error. A log-in that is refused, at pgbouncer or of pgbouncer at the server, and an error
// that is said to a client that asked nothing, are no operations.
func TestPostgreSQLPoolAnswers(t *testing.T) {
	const n = 4
	queryWait := func(t *testing.T, p *pooled) {
		p.saw(p.one.Open(t, 1, ""))
		p.saw(p.clients.Open(t, n, ""))
		require.Zero(t, p.saw(p.clients.Ask(t, "SELECT 1")).Bad)
		p.one.Begin(t, "SELECT pg_sleep(2)")
		require.Eventually(t, func() bool { return p.server.SQL(t, working) == "1" }, patience, time.Millisecond)
		seen := p.saw(p.clients.Ask(t, "SELECT 1"))
		require.Equal(t, map[string]uint64{waited: n}, seen.Errors)
		require.Zero(t, seen.Good)
		p.own = seen.Bad
		require.EqualValues(t, 1, p.saw(p.one.Wait(t)).Good)
		require.EqualValues(t, 1, p.saw(p.clients.Open(t, 1, "")).In)
		require.Zero(t, p.saw(p.clients.Ask(t, "SELECT 1")).Bad)
	}
	logins := func(t *testing.T, p *pooled) {
		p.saw(p.clients.Open(t, n-1, ""))
		require.Equal(t, map[string]uint64{"FATAL 08P01 no such database: nothing": 3}, p.saw(p.clients.Open(t, 3, "dbname=nothing")).Errors)
		require.Equal(t, map[string]uint64{"FATAL 08P01 SASL authentication failed": 3}, p.saw(p.clients.Open(t, 3, "password=wrong")).Errors)
		p.saw(p.clients.Open(t, 1, ""))
		require.Equal(t, map[string]uint64{"FATAL 08P01 no more connections allowed (max_client_conn)": 3}, p.saw(p.clients.Open(t, 3, "")).Errors)
		require.Zero(t, p.saw(p.clients.Ask(t, "SELECT 1")).Bad)
	}
	failingLogIn := func(stop func(t *testing.T, p *pooled)) func(t *testing.T, p *pooled) {
		return func(t *testing.T, p *pooled) {
			p.saw(p.one.Open(t, 1, ""))
			p.saw(p.clients.Open(t, n, ""))
			require.Zero(t, p.saw(p.clients.Ask(t, "SELECT 1")).Bad)
			require.Zero(t, p.saw(p.one.Ask(t, "SELECT 1")).Bad)
			stop(t, p)
			_, err := p.pool.WaitStderr("server conn crashed?", patience) // it knows that its idle connection is gone
			require.NoError(t, err)
			seen := p.saw(p.clients.Ask(t, "SELECT 1")) // the first makes it connect, the others may wait for that
			require.EqualValues(t, n, seen.Errors[waited]+seen.Errors[failing], "%+v", seen)
			p.own += seen.Bad
			seen = p.saw(p.one.Ask(t, "SELECT 1"))
			require.Equal(t, map[string]uint64{failing: 1}, seen.Errors)
			p.own += seen.Bad
		}
	}
	ended := func(t *testing.T, p *pooled) {
		p.saw(p.clients.Open(t, n, ""))
		require.Zero(t, p.saw(p.clients.Ask(t, "SELECT 1")).Bad)
		p.clients.Begin(t, "SELECT pg_sleep(60)")
		require.Eventually(t, func() bool { return p.server.SQL(t, working) == fmt.Sprint(n) }, patience, time.Millisecond)
		require.Equal(t, fmt.Sprint(n), p.server.SQL(t, terminate))
		seen := p.saw(p.clients.Wait(t))
		require.Equal(t, map[string]uint64{retired: n}, seen.Errors)
		p.ended = seen.Bad
	}
	tests := map[string]struct {
		way      postgresbed.Way
		size     int
		settings string
		unix     bool // on both hops
		run      func(t *testing.T, p *pooled)
	}{
		"query_wait_timeout, simple":         {way: postgresbed.Simple, size: 1, settings: "query_wait_timeout = 1", run: queryWait},
		"query_wait_timeout, extended, Unix": {way: postgresbed.Extended, size: 1, settings: "query_wait_timeout = 1", run: queryWait, unix: true},
		"query_wait_timeout, batches":        {way: postgresbed.Batch, size: 1, settings: "query_wait_timeout = 1", run: queryWait},
		"log-ins":                            {way: postgresbed.Simple, size: 2, settings: fmt.Sprint("max_client_conn = ", n), run: logins},
		"log-ins, Unix":                      {way: postgresbed.Extended, size: 2, settings: fmt.Sprint("max_client_conn = ", n), run: logins, unix: true},
		"PostgreSQL is down": {way: postgresbed.Simple, size: 1, settings: "query_wait_timeout = 1", run: failingLogIn(func(t *testing.T, p *pooled) {
			end := p.server.AtEnd(t)
			p.end = &end
		})},
		"PostgreSQL is down, batches, Unix": {way: postgresbed.Batch, size: 1, settings: "query_wait_timeout = 1", unix: true, run: failingLogIn(func(t *testing.T, p *pooled) {
			end := p.server.AtEnd(t)
			p.end = &end
		})},
		"PostgreSQL lets it in no more": {way: postgresbed.Extended, size: 1, settings: "query_wait_timeout = 1", run: failingLogIn(func(t *testing.T, p *pooled) {
			p.server.SQL(t, "ALTER ROLE clerk NOLOGIN")
			require.Equal(t, "1", p.server.SQL(t, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'clerk'"))
		})},
		"ended by an administrator, simple":        {way: postgresbed.Simple, size: n, run: ended},
		"ended by an administrator, extended":      {way: postgresbed.Extended, size: n, run: ended},
		"ended by an administrator, batches":       {way: postgresbed.Batch, size: n, run: ended},
		"ended by an administrator, batches, Unix": {way: postgresbed.Batch, size: n, run: ended, unix: true},
		"PostgreSQL ends under queries": {way: postgresbed.Extended, size: n, run: func(t *testing.T, p *pooled) {
			p.saw(p.clients.Open(t, n, ""))
			require.Zero(t, p.saw(p.clients.Ask(t, "SELECT 1")).Bad)
			p.clients.Begin(t, "SELECT pg_sleep(60)")
			require.Eventually(t, func() bool { return p.server.SQL(t, working) == fmt.Sprint(n) }, patience, time.Millisecond)
			end := p.server.AtEnd(t)
			p.end = &end
			seen := p.saw(p.clients.Wait(t))
			require.Equal(t, map[string]uint64{crashed: n}, seen.Errors)
			p.ended = seen.Bad
		}},
		"client_idle_timeout": {way: postgresbed.Simple, size: n, settings: "client_idle_timeout = 1", run: func(t *testing.T, p *pooled) {
			p.saw(p.clients.Open(t, n, ""))
			require.Zero(t, p.saw(p.clients.Ask(t, "SELECT 1")).Bad)
			require.Eventually(t, func() bool { return strings.Count(p.pool.Stderr(), "pooler error: client_idle_timeout") == n }, patience, 20*time.Millisecond)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			serverName, poolName, clientName := serviceName("postgres"), serviceName("pgbouncer"), serviceName("shop")
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n  - {name: %s, tier: tier3}\n", clientName, poolName)})
			server := postgresbed.Start(t, postgresbed.Options{Name: serverName, Unix: tt.unix})
			pool := server.Pool(t, postgresbed.PoolOptions{Name: poolName, Mode: "transaction", Size: tt.size, Settings: tt.settings, Unix: tt.unix})
			p := &pooled{server: server, pool: pool, clients: pool.Sessions(t, clientName, tt.way), one: pool.Sessions(t, clientName, postgresbed.Simple)}
			tt.run(t, p)
			p.clients.Leave(t)
			p.one.Leave(t)
			const asking = 1
			require.Equal(t, p.seen.Turns, pool.Queries(t))
			if p.end == nil {
				counts := server.Counts(t)
				p.end = &counts
			}
			log := *p.end
			resets := server.Simple("DISCARD ALL") + server.Simple("SET ")
			require.Equal(t, p.seen.Good+resets, log.OK())
			require.Zero(t, log.Errors)
			all := server.All()
			t.Logf("the clients saw %+v, the server %+v, and pgbouncer answered %d itself", p.seen, log, p.own)

			budget := b.waitBudget(t, clientName, "db_availability", p.seen.Good+p.seen.Bad, patience)
			assert.Equal(t, p.seen.Bad, budget.Bad)
			budget = b.waitBudget(t, poolName, "db_availability", log.OK()+p.ended, patience)
			assert.Equal(t, p.ended, budget.Bad)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			y := b.tallies(t)
			assert.Equal(t, nonZero(map[string]uint64{"client ok": p.seen.Good, "client error": p.seen.Bad}), y[clientName].all())
			assert.Equal(t, nonZero(map[string]uint64{
				"server ok": p.seen.Good + asking, "server error": p.seen.Bad,
				"client ok": log.OK(), "client error": p.ended,
			}), y[poolName].all())
			assert.Equal(t, nonZero(map[string]uint64{
				"server ok": all.OK(), "server error": all.Errors + p.ended,
			}), y[serverName].all())
			for _, service := range []string{serverName, poolName, clientName} {
				assert.Empty(t, b.unmeasured(t, service))
			}
			exactTable.add(exactRow{scenario: name, server: "pgbouncer", own: p.seen.Good + p.seen.Bad + asking, spans: y[poolName].spans(),
				unspanned: y[poolName].unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

// working asks how many connections of the clerk's the server works for.
const working = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'clerk' AND state = 'active'"

// terminate ends these, and says how many.
const terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'clerk' AND state = 'active'"

// all are spans and unspanned exchanges by kind and status class or outcome.
func (y *tally) all() map[string]uint64 {
	out := maps.Clone(y.Spans)
	for key, n := range y.Unspanned {
		out[key] += n
	}
	return nonZero(out)
}

func nonZero(counts map[string]uint64) map[string]uint64 {
	maps.DeleteFunc(counts, func(_ string, n uint64) bool { return n == 0 })
	return counts
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// TestPostgreSQLPooled: with pgbouncer in between a client's operation is two, and each hop is
// held against its own truth:
//
//	client -> pgbouncer      what pgbouncer counts (SHOW STATS)
//	pgbouncer -> PostgreSQL  what the server's log has of each message
//
// What pgbouncer asks on its own account is in the second alone: it clears a connection for the
// next session (DISCARD ALL), and gives it the settings of the next client (SET).
func TestPostgreSQLPooled(t *testing.T) {
	tests := map[string]struct {
		mode string
		size int
		// in and out: its clients come, and it goes to the server, by a Unix socket.
		in, out bool
		// batches: pgbouncer counts by the Sync, of which batches of several operations have
		// one, and those that only prepare one too. The first hop is held against the log then.
		batches bool
		run     func(t *testing.T, p clerks, client string)
	}{
		"transactions, simple":                             {mode: "transaction", size: 8, run: bench("simple")},
		"transactions, extended":                           {mode: "transaction", size: 8, run: bench("extended")},
		"transactions, a connection each time":             {mode: "transaction", size: 8, run: bench("simple", "-C")},
		"transactions, 8 clients wait for two connections": {mode: "transaction", size: 2, run: bench("simple")},
		"sessions, simple":                                 {mode: "session", size: 8, run: bench("simple")},
		"sessions, prepared":                               {mode: "session", size: 8, run: bench("prepared"), batches: true},
		"sessions, psycopg2":                               {mode: "session", size: 8, run: psycopg2},
		"sessions, pgx, in all its ways":                   {mode: "session", size: 8, run: pgxload, batches: true},
		"transactions, simple, Unix sockets":               {mode: "transaction", size: 8, run: bench("simple"), in: true, out: true},
		"transactions, extended, Unix sockets":             {mode: "transaction", size: 8, run: bench("extended"), in: true, out: true},
		"transactions, a connection each time, Unix":       {mode: "transaction", size: 8, run: bench("simple", "-C"), in: true, out: true},
		"sessions, prepared, Unix sockets":                 {mode: "session", size: 8, run: bench("prepared"), batches: true, in: true, out: true},
		"transactions, extended, in by TCP, out by Unix":   {mode: "transaction", size: 2, run: bench("extended"), out: true},
		"sessions, psycopg2, in by TCP, out by Unix":       {mode: "session", size: 8, run: psycopg2, out: true},
		"sessions, pgx, in by Unix, out by TCP":            {mode: "session", size: 8, run: pgxload, batches: true, in: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			serverName, poolName, clientName := serviceName("postgres"), serviceName("pgbouncer"), serviceName("shop")
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n  - {name: %s, tier: tier3}\n", clientName, poolName)})
			p := postgresbed.Start(t, postgresbed.Options{Name: serverName, Unix: tt.out})
			pool := p.Pool(t, postgresbed.PoolOptions{Name: poolName, Mode: tt.mode, Size: tt.size, Unix: tt.in})
			tt.run(t, pool, clientName)
			const asking = 1
			queries := pool.Queries(t)
			second, own := p.Counts(t), p.All()
			first := second
			first.Queries -= p.Simple("DISCARD ALL") + p.Simple("SET ")
			if !tt.batches {
				require.Equal(t, queries, first.Operations())
			}
			t.Logf("pgbouncer counts %d, its clients asked for %+v, and it for %+v", queries, first, second)

			budget := b.waitBudget(t, clientName, "db_availability", first.Operations(), patience)
			assert.Equal(t, first.Errors, budget.Bad)
			budget = b.waitBudget(t, poolName, "db_availability", second.Operations(), patience)
			assert.Equal(t, second.Errors, budget.Bad)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			y := b.tallies(t)
			for _, service := range []string{serverName, poolName, clientName} {
				require.NotNil(t, y[service])
				assert.Empty(t, b.unmeasured(t, service))
			}
			assert.Equal(t, first.OK(), y[clientName].total("client ok"))
			assert.Equal(t, first.Errors, y[clientName].total("client error"))
			assert.Equal(t, first.Operations()+asking, y[poolName].server(), "operations at pgbouncer")
			assert.Equal(t, first.Errors, y[poolName].total("server error"))
			assert.Equal(t, second.OK(), y[poolName].total("client ok"))
			assert.Equal(t, second.Errors, y[poolName].total("client error"))
			assert.Equal(t, own.Operations(), y[serverName].server(), "operations at the server")
			assert.Equal(t, own.Errors, y[serverName].total("server error"))
			assert.Equal(t, own.OK(), y[serverName].total("server ok"))
			assert.Equal(t, second.OK(), y[poolName].Histogram[semconv.DBClientOperationDuration+" fine"])
			assert.Equal(t, first.Errors, y[clientName].SLI["db_availability bad"])
			for service, n := range map[string]uint64{poolName: first.Operations() + asking, serverName: own.Operations()} {
				exactTable.add(exactRow{scenario: name, server: service[:len("postgres")], own: n, spans: y[service].spans(),
					unspanned: y[service].unspanned(), kernel: kernel, equal: !t.Failed()})
			}
		})
	}
}

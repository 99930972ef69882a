// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// clerks runs programs of libpq's at a server, or at a pool in front of one.
type clerks interface {
	Client(t testing.TB, service, program string, words ...string) string
	Try(service, program string, words ...string) (string, error)
}

// pgxload runs single statements, failures and batches of up to a hundred with one Sync.
func pgxload(t *testing.T, p clerks, client string) {
	p.Client(t, client, process.Build(t, "testbed/cmd/pgxload"))
}

// psycopg2 runs what a program of Python's does: transactions, a cursor of the server's,
// COPY both ways, errors, a statement that is cancelled, and LISTEN and NOTIFY.
func psycopg2(t *testing.T, p clerks, client string) {
	p.Client(t, client, "/usr/bin/python3", "-c", `
import io, threading, psycopg2, psycopg2.extensions
c = psycopg2.connect("")
k = c.cursor()
k.execute("CREATE TABLE orders (id int PRIMARY KEY, note text)")
c.commit()
for i in range(200):
    k.execute("INSERT INTO orders VALUES (%s, %s)", (i, "x" * i))
c.commit()
n = c.cursor("rows")
n.itersize = 50
n.execute("SELECT * FROM orders")
assert len(list(n)) == 200
n.close()
c.commit()
k.copy_expert("COPY orders FROM STDIN", io.StringIO("".join("%d\tQ\n" % i for i in range(1000, 50000))))
out = io.StringIO()
k.copy_expert("COPY orders TO STDOUT", out)
assert out.getvalue().count("\n") == 49200
c.commit()
for statement in ("SELECT 1/0", "SELEC 1", "INSERT INTO orders VALUES (1, '')"):
    try:
        k.execute(statement)
        raise SystemExit(statement + " succeeded")
    except psycopg2.Error as e:
        assert e.pgcode in ("22012", "42601", "23505"), e.pgcode
    c.rollback()
threading.Timer(0.3, c.cancel).start()
try:
    k.execute("SELECT pg_sleep(60)")
    raise SystemExit("it was not cancelled")
except psycopg2.extensions.QueryCanceledError:
    c.rollback()
c.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
k.execute("LISTEN a")
k.execute("NOTIFY a, 'b'")
c.poll()
assert len(c.notifies) == 1
c.close()
`)
}

// bench fills pgbench's tables and runs its 100 transactions on each of 8 connections, in a
// mode of its.
func bench(mode string, words ...string) func(t *testing.T, p clerks, client string) {
	return func(t *testing.T, p clerks, client string) {
		p.Client(t, client, "pgbench", "-i", "-q", "-s", "1")
		p.Client(t, client, "pgbench", append(words, "-n", "-c", "8", "-t", "100", "-M", mode)...)
	}
}

// behindResults fails in the last statement of a text, whose results fill more than one I/O.
func behindResults(t *testing.T, p clerks, client string) {
	for range 10 {
		p.Client(t, client, "psql", "-X", "-c", "SELECT 1; SELECT repeat('x', 20000); SELECT 2")
		_, err := p.Try(client, "psql", "-X", "-c", "SELECT 1; SELECT repeat('x', 20000); SELECT 1/0")
		require.Error(t, err)
	}
}

// TestPostgreSQL holds what Sloe has of a PostgreSQL server against what the server writes
// of each message:
//
//	operations = Queries + Executes + errors
//
// At the server those of everybody, as what sets the test up is seen too; at the client those
// of its user.
func TestPostgreSQL(t *testing.T) {
	tests := map[string]struct {
		unix bool
		run  func(t *testing.T, p clerks, client string)
	}{
		"pgbench: simple":                            {run: bench("simple")},
		"pgbench: a connection each time":            {run: bench("simple", "-C")},
		"pgbench: extended":                          {run: bench("extended")},
		"pgbench: prepared":                          {run: bench("prepared")},
		"pgbench: prepared, a Unix socket":           {run: bench("prepared"), unix: true},
		"pgx, in all its ways":                       {run: pgxload},
		"pgx, in all its ways, a Unix socket":        {run: pgxload, unix: true},
		"psycopg2":                                   {run: psycopg2},
		"psycopg2, a Unix socket":                    {run: psycopg2, unix: true},
		"psql, errors behind results":                {run: behindResults},
		"psql, errors behind results, a Unix socket": {run: behindResults, unix: true},
		"psql": {run: func(t *testing.T, p clerks, client string) {
			for range 10 {
				p.Client(t, client, "psql", "-X", "-c", "SELECT 1", "-c", "SELECT 1; SELECT 2", "-c", "COPY (SELECT 1) TO STDOUT")
			}
			_, err := p.Try(client, "psql", "-X", "-c", "SELECT * FROM nothing")
			require.Error(t, err)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			serverName, clientName := serviceName("postgres"), serviceName("shop")
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", clientName)})
			p := postgresbed.Start(t, postgresbed.Options{Name: serverName, Unix: tt.unix})
			tt.run(t, p, clientName)
			clerk := p.Counts(t)
			own := p.All()

			budget := b.waitBudget(t, clientName, "db_availability", clerk.Operations(), 30*time.Second)
			assert.Equal(t, clerk.Errors, budget.Bad)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			y := b.tallies(t)
			require.NotNil(t, y[serverName])
			require.NotNil(t, y[clientName])
			assert.Equal(t, own.Operations(), y[serverName].server(), "operations at the server")
			assert.Equal(t, own.Errors, y[serverName].total("server error"))
			assert.Equal(t, own.OK(), y[serverName].total("server ok"))
			assert.Equal(t, clerk.OK(), y[clientName].total("client ok"))
			assert.Equal(t, clerk.Errors, y[clientName].total("client error"))
			assert.Equal(t, clerk.OK(), y[clientName].SLI["db_availability good"])
			assert.Equal(t, clerk.Errors, y[clientName].SLI["db_availability bad"])
			assert.Equal(t, clerk.OK(), y[clientName].Histogram[semconv.DBClientOperationDuration+" fine"])
			exactTable.add(exactRow{scenario: name, server: "PostgreSQL", own: own.Operations(), spans: y[serverName].spans(),
				unspanned: y[serverName].unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

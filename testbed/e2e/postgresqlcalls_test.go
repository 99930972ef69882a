// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// pgbenchSpans are the names of what pgbench runs, by the texts that pg_stat_statements has of
// them: one for each, so that calls can be held against spans name by name.
var pgbenchSpans = map[string]string{
	"BEGIN": "BEGIN",
	"UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2":                                  "UPDATE pgbench_accounts",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1":                                                 "SELECT pgbench_accounts",
	"UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2":                                   "UPDATE pgbench_tellers",
	"UPDATE pgbench_branches SET bbalance = bbalance + $1 WHERE bid = $2":                                  "UPDATE pgbench_branches",
	"INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)": "INSERT pgbench_history",
	"END": "END",
	// what it asks of its tables before the transactions
	tablesOfPgbench:                         "SELECT pg_catalog.pg_class pg_catalog.pg_namespace SELECT",
	"select count(*) from pgbench_branches": "SELECT pgbench_branches",
}

const tablesOfPgbench = "select o.n, p.partstrat, pg_catalog.count(i.inhparent) from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on (n.oid = c.relnamespace) " +
	"cross join lateral (select pg_catalog.array_position(pg_catalog.current_schemas($1), n.nspname)) as o(n) left join pg_catalog.pg_partitioned_table as p on (p.partrelid = c.oid) " +
	"left join pg_catalog.pg_inherits as i on (c.oid = i.inhparent) where c.relname = $2 and o.n is not null group by 1, 2 order by 1 asc limit $3"

// TestPostgreSQLCalls holds the spans of a run of pgbench, name by name, against the calls that
// pg_stat_statements has of each statement, at the server and at the client.
func TestPostgreSQLCalls(t *testing.T) {
	const connections, transactions = 8, 1600
	for _, mode := range []string{"simple", "extended", "prepared"} {
		t.Run(mode, func(t *testing.T) {
			live(t)
			serverName, clientName := serviceName("postgres"), serviceName("shop")
			p := postgresbed.Start(t, postgresbed.Options{Name: serverName})
			p.Client(t, "", "pgbench", "-i", "-q", "-s", "1")
			before := p.Counts(t)
			p.SQL(t, "SELECT pg_stat_statements_reset()")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"}) // what spills has no name
			p.Client(t, clientName, "pgbench", "-n", "-c", fmt.Sprint(connections), "-t", fmt.Sprint(transactions/connections), "-M", mode)
			calls := p.Statements(t)
			clerk := p.Counts(t)
			want := map[string]uint64{}
			for text, n := range calls {
				require.Contains(t, pgbenchSpans, text)
				want[pgbenchSpans[text]] += n
			}
			require.Equal(t, clerk.Calls, sumOf(want))
			if mode == "prepared" { // of what is no query version 15 counts a prepared one's first run, a connection
				for _, name := range []string{"BEGIN", "END"} {
					require.EqualValues(t, connections, want[name])
					want[name] = transactions
				}
			}
			sum := sumOf(want)
			require.Equal(t, clerk.Minus(before).Operations(), sum)
			t.Logf("pg_stat_statements: %v", want)

			b.waitBudget(t, clientName, "db_availability", sum, patience)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			assert.Equal(t, want, b.named(t, clientName, ptrace.SpanKindClient))
			assert.Equal(t, want, b.named(t, serverName, ptrace.SpanKindServer))
			y := b.tallies(t)
			assert.Zero(t, y[clientName].total("client error"))
			assert.Zero(t, y[serverName].total("server error"))
			assert.Zero(t, y[serverName].unspanned())
			exactTable.add(exactRow{scenario: mode + ", by pg_stat_statements", server: "PostgreSQL", own: sum, spans: sumOf(b.named(t, serverName, ptrace.SpanKindServer)),
				unspanned: y[serverName].unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

// named counts a service's spans in the tests' database by their names.
func (b *bed) named(t *testing.T, service string, kind ptrace.SpanKind) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	for s := range b.spansOf(t, service) {
		if s.Kind() == kind && str(s.Attributes(), semconv.DBNamespace) == postgresbed.Database {
			out[s.Name()]++
		}
	}
	return out
}

func sumOf(counts map[string]uint64) (sum uint64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/mariadbbed"
	"github.com/sloe-dev/sloe/testbed/workload/mysqlload"
)

// TestMySQL holds what Sloe has of a MariaDB server against SHOW GLOBAL STATUS:
//
//	Questions = operations at the server
//	            + the statements of a text behind its first, as far as they were run
//	            + one for each connection whose client says that it leaves
//
// for this version counts there what it runs for clients, and COM_QUIT; pings, log-ins and
// the preparing of statements it does not. What sets the test up and asks is in the sums of
// both sides. Of a client the same is held against what it was told to do.
func TestMySQL(t *testing.T) {
	type done struct {
		operations, failed, furtherStatements, connections uint64
	}
	load := func(w mysqlload.Workload) func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		return func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
			out := mysqlload.Run(t, m, client, w)
			return done{operations: out.Operations, failed: out.Failed, furtherStatements: out.Further, connections: out.Connections}
		}
	}
	transactions := func(mode string) func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		return func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
			m.Transactions(t, client, "--db-ps-mode="+mode)
			return done{operations: mariadbbed.SysbenchOperations, connections: mariadbbed.SysbenchConnections}
		}
	}
	const n = 3000
	tests := map[string]struct {
		unix bool
		run  func(t *testing.T, m *mariadbbed.MariaDB, client string) done
	}{
		"go-sql-driver: texts":                     {run: load(mysqlload.Workload{Kind: mysqlload.Text, Count: n, Connections: 8})},
		"go-sql-driver: texts, a Unix socket":      {run: load(mysqlload.Workload{Kind: mysqlload.Text, Count: n, Connections: 8}), unix: true},
		"go-sql-driver: prepared and run":          {run: load(mysqlload.Workload{Kind: mysqlload.Arguments, Count: n, Connections: 8})},
		"go-sql-driver: interpolateParams":         {run: load(mysqlload.Workload{Kind: mysqlload.Interpolated, Count: n, Connections: 8})},
		"go-sql-driver: prepared once":             {run: load(mysqlload.Workload{Kind: mysqlload.Prepared, Count: n, Connections: 8})},
		"go-sql-driver: prepared once, Unix":       {run: load(mysqlload.Workload{Kind: mysqlload.Prepared, Count: n, Connections: 8}), unix: true},
		"go-sql-driver: three statements in one":   {run: load(mysqlload.Workload{Kind: mysqlload.Multi, Count: n, Connections: 8})},
		"go-sql-driver: results of 200 KB":         {run: load(mysqlload.Workload{Kind: mysqlload.Large, Count: 600, Connections: 8})},
		"go-sql-driver: a connection an operation": {run: load(mysqlload.Workload{Kind: mysqlload.Fresh, Count: 500, Connections: 4})},
		"mariadb": {run: func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
			for range 20 { // each a connection, of a text for each statement
				m.CLI(t, client, "--execute=SELECT 1; CREATE TEMPORARY TABLE a (id INT); INSERT INTO a VALUES (1), (2); SELECT * FROM a; DROP TABLE a")
			}
			require.Error(t, m.TryCLI(client, "--execute=SELECT 1; SELEC 1; SELECT 2")) // it ends at an error
			require.Error(t, m.TryCLI(client, "--execute=SELECT * FROM nothing"))
			return done{operations: 20*5 + 3, failed: 2, connections: 22}
		}},
		"sysbench: prepared":             {run: transactions("auto")},
		"sysbench: texts":                {run: transactions("disable")},
		"sysbench: prepared by a socket": {run: transactions("auto"), unix: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			serverName, clientName := serviceName("mariadb"), serviceName("shop")
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", clientName)})
			m := mariadbbed.Start(t, mariadbbed.Options{Name: serverName, Unix: tt.unix})
			d := tt.run(t, m, clientName)
			questions := m.Status(t)["Questions"]
			own := questions - d.furtherStatements - d.connections - (m.Left() - 1) // who asks has not left yet

			budget := b.waitBudget(t, clientName, "db_availability", d.operations, 30*time.Second)
			assert.Equal(t, d.failed, budget.Bad)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			y := b.tallies(t)
			require.NotNil(t, y[serverName])
			require.NotNil(t, y[clientName])
			assert.Equal(t, own, y[serverName].server(), "operations at the server")
			assert.Equal(t, d.failed, y[serverName].total("server error"))
			assert.Equal(t, own-d.failed, y[serverName].total("server ok"))
			assert.Equal(t, d.operations-d.failed, y[clientName].total("client ok"))
			assert.Equal(t, d.failed, y[clientName].total("client error"))
			assert.Equal(t, d.operations-d.failed, y[clientName].SLI["db_availability good"])
			assert.Equal(t, d.failed, y[clientName].SLI["db_availability bad"])
			assert.Equal(t, d.operations-d.failed, y[clientName].Histogram[semconv.DBClientOperationDuration+" fine"])
			assert.Equal(t, d.failed, y[clientName].Histogram[semconv.DBClientOperationDuration+" failed"])
			exactTable.add(exactRow{scenario: name, server: "MariaDB", own: own, spans: y[serverName].spans(),
				unspanned: y[serverName].unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

// TestMySQLJoinedMidway: connections that are older than the agent. What was prepared on
// them before is counted, and what it does is said to be unknown.
func TestMySQLJoinedMidway(t *testing.T) {
	for name, unix := range map[string]bool{"TCP": false, "a Unix socket": true} {
		t.Run(name, func(t *testing.T) {
			const n = 1000
			serverName, clientName := serviceName("mariadb"), serviceName("shop")
			m := mariadbbed.Start(t, mariadbbed.Options{Name: serverName, Unix: unix})
			client := mysqlload.Start(t, m, clientName, mysqlload.Workload{Kind: mysqlload.Prepared, Count: n, Connections: 8})
			client.WaitReady(t) // connected, and prepared
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", clientName)})
			before := m.Status(t)
			out := client.Go(t)
			own := m.Status(t).Minus(before)["Questions"] - mariadbbed.OwnQuestions
			require.Equal(t, out.Operations+out.Connections, own)
			b.waitBudget(t, clientName, "db_availability", n, 30*time.Second)
			assert.EqualValues(t, 2*n, b.scrape(t, "reason")["statements_unknown"])
			b.Terminate(t)
			y := b.tallies(t)
			assert.EqualValues(t, n+2, y[serverName].total("server ok"), "two of them asked")
			assert.EqualValues(t, n, y[clientName].total("client ok"))
		})
	}
}

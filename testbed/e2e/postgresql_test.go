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
)

// TestPostgreSQL holds what Sloe has of a PostgreSQL server against what the server writes
// of each message:
//
//	operations = Queries + Executes + errors
//
// At the server those of everybody, as what sets the test up is seen too; at the client those
// of its user.
func TestPostgreSQL(t *testing.T) {
	bench := func(mode string, words ...string) func(t *testing.T, p *postgresbed.PostgreSQL, client string) {
		return func(t *testing.T, p *postgresbed.PostgreSQL, client string) {
			p.Client(t, client, "pgbench", "-i", "-q", "-s", "1")
			p.Client(t, client, "pgbench", append(words, "-n", "-c", "8", "-t", "100", "-M", mode)...)
		}
	}
	tests := map[string]struct {
		unix bool
		run  func(t *testing.T, p *postgresbed.PostgreSQL, client string)
	}{
		"pgbench: simple":                  {run: bench("simple")},
		"pgbench: a connection each time":  {run: bench("simple", "-C")},
		"pgbench: extended":                {run: bench("extended")},
		"pgbench: prepared":                {run: bench("prepared")},
		"pgbench: prepared, a Unix socket": {run: bench("prepared"), unix: true},
		"psql": {run: func(t *testing.T, p *postgresbed.PostgreSQL, client string) {
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

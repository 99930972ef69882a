// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/mariadbbed"
	"github.com/sloe-dev/sloe/testbed/workload/mysqlload"
)

// TestMySQLLogIns: by whatever plugin a server and a client agree on who that is, in as many
// packets as that takes, a log-in is no operation, and what follows it is counted:
//
//	Questions = operations at the server
//	            + one for each connection whose client says that it leaves
//	            + one for each change of the user (COM_CHANGE_USER), granted or not
//
// Log-ins that are refused are in Aborted_connects, also those that the server has no room for and
// answers with an error in place of its greeting; their clients say nothing more.
func TestMySQLLogIns(t *testing.T) {
	type done struct {
		operations, failed, connections, changes, refused uint64
	}
	const n = 10
	cli := func(user string) func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		return func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
			for range n {
				m.CLI(t, client, "--user="+user, "--execute=SELECT 1; SELECT 2")
				require.Error(t, m.TryCLI(client, "--user="+user, "--execute=SELECT * FROM nothing"))
			}
			return done{operations: 3 * n, failed: n, connections: 2 * n}
		}
	}
	driver := func(user string) func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		return func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
			out := mysqlload.Run(t, m, client, mysqlload.Workload{Kind: mysqlload.Fresh, Count: 200, Connections: 4, User: user})
			return done{operations: out.Operations, failed: out.Failed, connections: out.Connections, refused: out.GivenUp}
		}
	}
	changes := func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		m.MySQLdb(t, client, fmt.Sprintf(`
def ask(c, statement, user):
    k = c.cursor()
    k.execute(statement)
    assert k.fetchall() == ((user,),), user
    k.close()

for _ in range(%d):
    c = MySQLdb.connect(user="clerk", passwd="hunter2", autocommit=None, **where)
    ask(c, "SELECT substring_index(user(), '@', 1)", "clerk")
    for user in "edward", "clerk", "either", "nobody", "edward":
        c.change_user(user, "" if user == "nobody" else "hunter2", "shop")
        ask(c, "SELECT substring_index(user(), '@', 1)", user)
        try:
            c.query("SELEC 1")
            raise SystemExit("it succeeded")
        except MySQLdb.ProgrammingError:
            pass
    c.close()
`, n))
		return done{operations: 11 * n, failed: 5 * n, connections: n, changes: 5 * n}
	}
	refusedChanges := func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		const n = 1 // each refusal takes a second: the server lets nobody guess
		m.MySQLdb(t, client, fmt.Sprintf(`
for _ in range(%d):
    c = MySQLdb.connect(user="clerk", passwd="hunter2", autocommit=None, **where)
    c.query("DO 1")
    for user in "edward", "stranger":
        try:
            c.change_user(user, "wrong", "shop")
            raise SystemExit("it is in")
        except MySQLdb.OperationalError as e:
            assert e.args[0] == 1045, e
        c.query("DO 2")
    c.close()
`, n))
		return done{operations: 3 * n, connections: n, changes: 2 * n}
	}
	refused := func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		words := [][]string{
			{"--password=wrong"}, {"--user=edward", "--password=wrong"}, {"--user=either", "--password=wrong"}, {"--user=stranger"},
			{"--user=nobody", "--password=wrong"}, {"--user=outsider"},
		}
		for range n {
			for _, w := range words {
				require.Error(t, m.TryCLI(client, append(w, "--execute=SELECT 1")...), "%s", w)
			}
			m.CLI(t, client, "--execute=SELECT 1")
		}
		return done{operations: n, connections: n, refused: uint64(n * len(words))}
	}
	full := func(t *testing.T, m *mariadbbed.MariaDB, client string) done {
		m.SQL(t, "SET GLOBAL max_connections = 10")
		m.MySQLdb(t, client, fmt.Sprintf(`
conns = [MySQLdb.connect(user="clerk", passwd="hunter2", autocommit=None, **where) for _ in range(10)]
for _ in range(%d):
    try:
        MySQLdb.connect(user="clerk", passwd="hunter2", autocommit=None, **where)
        raise SystemExit("it is in")
    except MySQLdb.OperationalError as e:
        assert e.args[0] == 1040, e
for c in conns:
    c.query("DO 1")
    c.close()
`, n))
		return done{operations: 10, connections: 10, refused: n}
	}
	tests := map[string]struct {
		unix bool
		run  func(t *testing.T, m *mariadbbed.MariaDB, client string) done
	}{
		"ed25519: mariadb":                       {run: cli("edward")},
		"ed25519: mariadb, a Unix socket":        {run: cli("edward"), unix: true},
		"ed25519: go-sql-driver":                 {run: driver("edward")},
		"ed25519: go-sql-driver, a Unix socket":  {run: driver("edward"), unix: true},
		"either of two: mariadb":                 {run: cli("either")},
		"either of two, a Unix socket":           {run: cli("either"), unix: true},
		"unix_socket":                            {run: cli("root"), unix: true},
		"the user changes: MySQLdb":              {run: changes},
		"the user changes, a Unix socket":        {run: changes, unix: true},
		"the user may not change: MySQLdb":       {run: refusedChanges},
		"the user may not change, a Unix socket": {run: refusedChanges, unix: true},
		"no connection is left":                  {run: full},
		"no connection is left, Unix":            {run: full, unix: true},
		"refused: mariadb":                       {run: refused},
		"refused: mariadb, a Unix socket":        {run: refused, unix: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			serverName, clientName := serviceName("mariadb"), serviceName("shop")
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", clientName)})
			m := mariadbbed.Start(t, mariadbbed.Options{Name: serverName, Unix: tt.unix, Args: []string{"--plugin-load-add=auth_ed25519"}})
			m.User(t, "edward", "IDENTIFIED VIA ed25519 USING PASSWORD('hunter2')")
			m.User(t, "either", "IDENTIFIED VIA ed25519 USING PASSWORD('another') OR mysql_native_password USING PASSWORD('hunter2')")
			m.User(t, "nobody", "")
			m.User(t, "outsider", "IDENTIFIED VIA unix_socket") // which root, as whom tests run, is not
			m.SQL(t, "ALTER USER root@localhost IDENTIFIED VIA unix_socket")
			before := m.Status(t)
			d := tt.run(t, m, clientName)
			status := m.Status(t)
			require.Equal(t, d.refused, status.Minus(before)["Aborted_connects"])
			own := status["Questions"] - d.connections - d.changes - (m.Left() - 1) // who asks has not left yet

			budget := b.waitBudget(t, clientName, "db_availability", d.operations, patience)
			assert.Equal(t, d.failed, budget.Bad)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			y := b.tallies(t)
			assert.Equal(t, nonZero(map[string]uint64{"server ok": own - d.failed, "server error": d.failed}), y[serverName].all())
			assert.Equal(t, nonZero(map[string]uint64{"client ok": d.operations - d.failed, "client error": d.failed}), y[clientName].all())
			assert.Equal(t, d.operations-d.failed, y[clientName].SLI["db_availability good"])
			assert.Equal(t, d.failed, y[clientName].SLI["db_availability bad"])
			assert.Empty(t, b.unmeasured(t, serverName))
			assert.Empty(t, b.unmeasured(t, clientName))
			exactTable.add(exactRow{scenario: name, server: "MariaDB", own: own, spans: y[serverName].spans(),
				unspanned: y[serverName].unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

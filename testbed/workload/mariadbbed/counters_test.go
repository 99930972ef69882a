// SPDX-License-Identifier: Apache-2.0

package mariadbbed

import (
	"database/sql"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQuestions is why a capture's operations may be held against Questions: what this
// version counts there. A statement of several texts is one operation of the protocol, and
// leaving is none.
func TestQuestions(t *testing.T) {
	if testing.Short() {
		t.Skip("live: starts a server; make test runs it")
	}
	m := Start(t, Options{Name: "mariadb-questions"})
	db, err := sql.Open("mysql", m.DSN("multiStatements=true"))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	var prepared *sql.Stmt
	exec := func(query string, args ...any) func() error {
		return func() error { _, err := db.Exec(query, args...); return err }
	}
	for _, step := range []struct {
		what      string
		do        func() error
		fails     bool
		questions uint64
	}{
		{"nothing", func() error { return nil }, false, 0},
		{"a connection, and a ping", db.Ping, false, 0},
		{"a text", exec("SELECT 1"), false, 1},
		{"a text of three statements", exec("SELECT 1; SELECT 2; SELECT 3"), false, 3},
		{"one that ends at its second", exec("SELECT 1; SELEC 2; SELECT 3"), true, 2},
		{"an error", exec("SELEC 1"), true, 1},
		{"a statement is prepared", func() (err error) { prepared, err = db.Prepare("SELECT ?"); return err }, false, 0},
		{"and run", func() error { _, err := prepared.Exec(1); return err }, false, 1},
		{"and closed", func() error { return prepared.Close() }, false, 0},
		{"prepared, run and closed", exec("SELECT ?", 1), false, 1},
		{"one that cannot be prepared", exec("SELEC ?", 1), true, 0},
		{"it leaves", db.Close, false, 1},
		{"a connection that is of others then, and leaves", func() error {
			m.MySQLdb(t, "", "c = MySQLdb.connect(user='root', autocommit=None, **where)\nc.change_user('clerk', 'hunter2', 'shop')\nc.change_user('clerk', 'hunter2', 'shop')\nc.close()")
			return nil
		}, false, 3},
		{"the client mariadb, which leaves", func() error { m.CLI(t, "", "-e", "SELECT 1; SELECT 2"); return nil }, false, 3},
	} {
		before := m.Status(t)
		assert.Equal(t, step.fails, step.do() != nil, step.what)
		got := m.Status(t).Minus(before)
		assert.Equal(t, step.questions+OwnQuestions, got["Questions"], step.what)
	}
}

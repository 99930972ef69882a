// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
	"github.com/sloe-dev/sloe/testbed/workload/mariadbbed"
)

// operations are those of a server in the records since the last call, and the turns without any.
type operations struct{ Asked, Answered, Failed, Asides, Incomplete uint64 }

// oneByOne ends the words for what a client says in one turn, and a server reads in several.
const oneByOne = "which a server reads one by one"

// drainOperations adds up the records of processes by role, with their tails.
func drainOperations(t *testing.T, c *Capture, pids map[uint8]int) map[uint8]operations {
	t.Helper()
	return drainWanted(t, c, func(e *record.Exchange) bool { return int(e.Process.Tgid) == pids[e.Role] })
}

// drainWanted adds up those records that are wanted, by role, with their tails.
func drainWanted(t *testing.T, c *Capture, wanted func(*record.Exchange) bool) map[uint8]operations {
	t.Helper()
	type turn struct {
		conn     uint64
		sequence uint32
	}
	open := map[turn]record.Exchange{}
	byRole := map[uint8]operations{record.RoleServer: {}, record.RoleClient: {}}
	require.NoError(t, c.Drain(func(sample []byte) {
		kind, err := record.KindOf(sample)
		require.NoError(t, err)
		var e record.Exchange
		var tail record.Tail
		switch kind {
		case record.KindExchange:
			require.NoError(t, record.DecodeExchange(sample, &e))
			if !wanted(&e) {
				return
			}
			out := byRole[e.Role]
			defer func() { byRole[e.Role] = out }()
			t.Logf("%d %d %d protocol %d flags %x: %d %d %d %.40q %.40q", e.Role, e.Conn, e.Sequence, e.Protocol, e.Flags, e.Operations, e.Answered, e.Failed, e.Request(), e.Response())
			assert.Equal(t, record.Answered, e.Outcome)
			assert.Zero(t, e.Flags&record.FlagMismatch)
			if e.Operations == 0 {
				out.Asides++
				return
			}
			out.Asked += uint64(e.Operations)
			if e.Flags&record.FlagComplete == 0 {
				open[turn{e.Conn, e.Sequence}] = e
				return
			}
			out.Answered += min(uint64(e.Answered), uint64(e.Operations))
			out.Failed += uint64(e.Failed)
		case record.KindTail:
			require.NoError(t, record.DecodeTail(sample, &tail))
			e, ok := open[turn{tail.Conn, tail.Sequence}]
			if ok && tail.Complete() {
				out := byRole[e.Role]
				defer func() { byRole[e.Role] = out }()
				out.Answered += uint64(e.Operations)
				out.Failed += uint64(tail.Failed)
				delete(open, turn{tail.Conn, tail.Sequence})
			}
		}
	}))
	for _, e := range open {
		out := byRole[e.Role]
		out.Incomplete++
		byRole[e.Role] = out
	}
	return byRole
}

// TestMySQL walks along what a live MariaDB and its clients say. The clients are this
// process, which a capture would leave out as its own.
func TestMySQL(t *testing.T) {
	eachBackend(t, "MySQL", func(t *testing.T, name string) { testMySQL(t, name, false) })
}

// TestUnixMySQL: the same over a Unix socket.
func TestUnixMySQL(t *testing.T) {
	eachBackend(t, "MySQL, Unix sockets", func(t *testing.T, name string) { testMySQL(t, name, true) })
}

func testMySQL(t *testing.T, name string, unix bool) {
	m := mariadbbed.Start(t, mariadbbed.Options{Name: "mariadb-capture", Unix: unix})
	db, err := sql.Open("mysql", m.DSN("multiStatements=true&allowAllFiles=true"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	_, err = db.Exec("CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, note MEDIUMTEXT); CREATE PROCEDURE twice() BEGIN SELECT 1; SELECT 2; END")
	require.NoError(t, err)
	exec := func(query string, args ...any) func() {
		return func() { _, err := db.Exec(query, args...); require.NoError(t, err, query) }
	}
	fails := func(query string, args ...any) func() {
		return func() { _, err := db.Exec(query, args...); require.Error(t, err, query) }
	}
	query := func(query string, args ...any) func() {
		return func() {
			rows, err := db.Query(query, args...)
			require.NoError(t, err)
			for more := true; more; more = rows.NextResultSet() {
				for rows.Next() {
				}
			}
			require.NoError(t, rows.Err())
			require.NoError(t, rows.Close())
		}
	}
	raw, noEOF := m.Connect(t, 0), m.Connect(t, mariadbbed.DeprecateEOF)
	var statement *sql.Stmt
	steps := []struct {
		what string
		do   func()
		want operations
	}{
		{"a ping", func() { require.NoError(t, db.Ping()) }, operations{Asides: 1}},
		{"a text", exec("SELECT 1"), operations{Asked: 1, Answered: 1}},
		{"an insert", exec("INSERT INTO orders (note) VALUES ('a')"), operations{Asked: 1, Answered: 1}},
		{"a high number", exec("INSERT INTO orders (id, note) VALUES (18000000000000000000, 'a')"), operations{Asked: 1, Answered: 1}},
		{"many rows", exec("INSERT INTO orders (note) SELECT repeat('x', 100) FROM seq_1_to_70000"), operations{Asked: 1, Failed: 0, Answered: 1}},
		{"three statements", exec("SELECT 1; DO 1; SELECT 2"), operations{Asked: 1, Answered: 1}},
		{"two, of which one fails", fails("SELECT 1; SELEC 2; SELECT 3"), operations{Asked: 1, Answered: 1, Failed: 1}},
		{"a procedure of two results", query("CALL twice()"), operations{Asked: 1, Answered: 1}},
		{"an error", fails("SELECT * FROM nothing"), operations{Asked: 1, Answered: 1, Failed: 1}},
		{"an error in the rows", func() {
			_, err := db.Exec("SELECT (SELECT seq FROM seq_1_to_2 WHERE seq <= s.seq) FROM seq_1_to_5 s")
			require.Error(t, err)
		}, operations{Asked: 1, Answered: 1, Failed: 1}},
		{"8 MB of rows", query("SELECT id, note FROM orders"), operations{Asked: 1, Answered: 1}},
		{"a column of 17 MB", query("SELECT repeat('x', 17 << 20), 1"), operations{Asked: 1, Answered: 1}},
		{"a column of just a full packet", query("SELECT repeat('x', 16777215 - 4)"), operations{Asked: 1, Answered: 1}},
		{"a text of 17 MB", exec("SELECT length('" + strings.Repeat("x", 17<<20) + "')"), operations{Asked: 1, Answered: 1}},
		{"a text of just a full packet", exec("SELECT '" + strings.Repeat("x", 0xffffff-10) + "'"), operations{Asked: 1, Answered: 1}},
		{"a statement is prepared", func() { statement, err = db.Prepare("SELECT id FROM orders WHERE id < ?"); require.NoError(t, err) }, operations{Asides: 1}},
		{"and run three times", func() {
			for range 3 {
				rows, err := statement.Query(1000)
				require.NoError(t, err)
				for rows.Next() {
				}
				require.NoError(t, rows.Close())
			}
		}, operations{Asked: 3, Answered: 3}},
		{"and closed, and a text", func() { require.NoError(t, statement.Close()); exec("SELECT 1")() }, operations{Asked: 1, Answered: 1}},
		{"prepared and run", exec("SELECT ?, ?", 1, "a"), operations{Asked: 1, Answered: 1, Asides: 1}},
		{"a value of 2 MB goes ahead", exec("SELECT length(?)", strings.Repeat("x", 2<<20)), operations{Asked: 1, Answered: 1, Asides: 1}},
		{"what cannot be prepared", fails("SELEC ?", 1), operations{Asides: 1}},
		{"a file of 6 MB", func() {
			mysql.RegisterReaderHandler("rows", func() io.Reader {
				return strings.NewReader(strings.Repeat("some words of a row\n", 300_000))
			})
			exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE orders (note)")()
		}, operations{Asked: 1, Answered: 1}},
		{"a file of 600 small packets, and a ping", func() {
			raw.Command(t, 1, "\x03LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (note)")
			raw.File(t, []byte(strings.Repeat("\x03SELECT\n", 600)), 8)
			raw.Answer(t, 1)
			raw.Command(t, 1, "\x0e")
		}, operations{Asked: 1, Answered: 1, Asides: 1}},
		{"a file of 254 packets, and a text", func() {
			raw.Command(t, 1, "\x03LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (note)")
			raw.File(t, []byte(strings.Repeat("\x03SELECT\n", 253)), 8)
			raw.Answer(t, 1)
			raw.Command(t, 1, "\x03DO 1")
		}, operations{Asked: 2, Answered: 2}},
		{"an empty file", func() {
			raw.Command(t, 1, "\x03LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (note)")
			raw.File(t, nil, 8)
			raw.Answer(t, 1)
		}, operations{Asked: 1, Answered: 1}},
		{"about the connection", func() {
			raw.Command(t, 1, "\x09")         // COM_STATISTICS
			raw.Command(t, 1, "\x1b\x00\x00") // COM_SET_OPTION
			raw.Command(t, 1, "\x1f")         // COM_RESET_CONNECTION
			raw.Command(t, 1, "\x0e")         // COM_PING
		}, operations{Asides: 4}},
		{"a database is chosen", func() { raw.Command(t, 1, "\x02shop") }, operations{Asked: 1, Answered: 1}},
		{"columns are listed", func() { raw.Command(t, 3, "\x04orders\x00") }, operations{Asked: 1, Answered: 1}},
		{"a cursor and its rows", func() { fetch(t, raw, 2) }, operations{Asked: 1, Answered: 1, Asides: 4}},
		{"the same without EOFs", func() { fetch(t, noEOF, 0) }, operations{Asked: 1, Answered: 1, Asides: 4}},
		{"a pipeline of five, which a server reads one by one", func() {
			raw.Commands(t, "\x03DO 1", "\x03SELECT 1", "\x03SELEC 1", "\x0e", "\x03DO 2")
			raw.Answer(t, 1+5+1+1+1)
		}, operations{Asked: 4, Answered: 4, Failed: 1}},
		{"prepared and run at once, which a server reads one by one", func() {
			raw.Commands(t, "\x16SELECT 1, 2", mariadbbed.Statement(0xffffffff, 0))
			raw.Answer(t, 1+3+1+2+1+1+1)
		}, operations{Asked: 1, Answered: 1}},
		{"another user", func() {
			fresh := m.Connect(t, 0) // a log-in
			fresh.Command(t, 5, "\x03SELECT 1")
		}, operations{Asked: 1, Answered: 1, Asides: 1}},
		{"one that may not", func() {
			bad, err := sql.Open("mysql", strings.Replace(m.DSN(""), "hunter2", "wrong", 1))
			require.NoError(t, err)
			require.Error(t, bad.Ping())
			require.NoError(t, bad.Close())
		}, operations{Asides: 1}},
		{"it leaves", func() { require.NoError(t, db.Close()) }, operations{}},
	}
	c := open(t, name, 8<<20)
	require.NoError(t, c.objects.SelfTgid.Set(uint32(0)))
	// the connections are older than the capture: a text or a statement makes them known
	exec("DO 1")()
	raw.Command(t, 1, "\x03DO 1")
	noEOF.Command(t, 1, "\x03DO 1")
	pids := map[uint8]int{record.RoleServer: m.PID(), record.RoleClient: os.Getpid()}
	known := operations{Asked: 3, Answered: 3}
	assert.Equal(t, map[uint8]operations{record.RoleServer: known, record.RoleClient: known}, drainOperations(t, c, pids))
	for _, s := range steps {
		s.do()
		for role, got := range drainOperations(t, c, pids) {
			want := s.want
			if strings.HasSuffix(s.what, oneByOne) && role == record.RoleServer {
				want.Asides++ // what is no operation is no part of another turn
			}
			counters, err := c.Counters()
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s, role %d, %+v", s.what, role, counters)
		}
	}
}

// fetch runs a statement of five rows with a cursor, and takes them in two parts. ends is
// how many packets the ends of columns are.
func fetch(t *testing.T, p *mariadbbed.Packets, ends int) {
	t.Helper()
	end := ends / 2
	p.Commands(t, "\x16SELECT seq FROM seq_1_to_5")
	prepared := p.Answer(t, 1)
	p.Answer(t, 1+end)
	id := binary.LittleEndian.Uint32(prepared[1:])
	p.Command(t, 1+1+1, mariadbbed.Statement(id, 1))
	p.Command(t, 3+1, fmt.Sprintf("\x1c%s\x03\x00\x00\x00", prepared[1:5]))
	p.Command(t, 2+1, fmt.Sprintf("\x1c%s\x03\x00\x00\x00", prepared[1:5]))
	p.Commands(t, fmt.Sprintf("\x19%s", prepared[1:5]))
	p.Command(t, 1, "\x0e")
}

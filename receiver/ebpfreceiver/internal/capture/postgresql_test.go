// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// TestPostgreSQL walks along what a live PostgreSQL and its client say.
func TestPostgreSQL(t *testing.T) {
	eachBackend(t, "PostgreSQL", func(t *testing.T, name string) { testPostgreSQL(t, name, false) })
}

// TestUnixPostgreSQL: the same over a Unix socket.
func TestUnixPostgreSQL(t *testing.T) {
	eachBackend(t, "PostgreSQL, Unix sockets", func(t *testing.T, name string) { testPostgreSQL(t, name, true) })
}

func testPostgreSQL(t *testing.T, name string, unix bool) {
	ctx := context.Background()
	p := postgresbed.Start(t, postgresbed.Options{Name: "postgres-capture", Unix: unix})
	p.Client(t, "", "psql", "-X", "-c", "CREATE TABLE orders (id int PRIMARY KEY, note text); CREATE TABLE later (id int REFERENCES orders DEFERRABLE INITIALLY DEFERRED)")
	connect := func() *pgconn.PgConn {
		c, err := pgconn.Connect(ctx, p.DSN(""))
		require.NoError(t, err)
		return c
	}
	c := open(t, name, 8<<20)
	require.NoError(t, c.objects.SelfTgid.Set(uint32(0)))
	var pg *pgconn.PgConn
	simple := func(text string) func() {
		return func() { _, err := pg.Exec(ctx, text).ReadAll(); require.NoError(t, err) }
	}
	fails := func(text string) func() {
		return func() { _, err := pg.Exec(ctx, text).ReadAll(); require.Error(t, err) }
	}
	extended := func(text string, args ...string) func() {
		return func() {
			var values [][]byte
			for _, a := range args {
				values = append(values, []byte(a))
			}
			require.NoError(t, pg.ExecParams(ctx, text, values, nil, nil, nil).Read().Err)
		}
	}
	batch := func(fails bool, texts ...string) func() {
		return func() {
			b := &pgconn.Batch{}
			for _, text := range texts {
				b.ExecParams(text, nil, nil, nil, nil)
			}
			_, err := pg.ExecBatch(ctx, b).ReadAll()
			require.Equal(t, fails, err != nil, "%v", err)
		}
	}
	steps := []struct {
		what string
		do   func()
		want operations
	}{
		{"a log-in", func() { pg = connect() }, operations{Asides: 1}},
		{"a query", simple("SELECT 1"), operations{Asked: 1, Answered: 1}},
		{"nothing", simple(""), operations{Asked: 1, Answered: 1}},
		{"three statements", simple("SELECT 1; SELECT 2; SELECT 3"), operations{Asked: 1, Answered: 1}},
		{"three, of which one fails", fails("SELECT 1; SELECT 1/0; SELECT 3"), operations{Asked: 1, Answered: 1, Failed: 1}},
		{"an error", fails("SELEC 1"), operations{Asked: 1, Answered: 1, Failed: 1}},
		{"an error behind rows", fails("SELECT 1/(3-i) FROM generate_series(1, 5) i"), operations{Asked: 1, Answered: 1, Failed: 1}},
		{"a notice", simple("DO $$ BEGIN RAISE NOTICE 'hi'; END $$"), operations{Asked: 1, Answered: 1}},
		{"rows of 8 MB", simple("SELECT repeat('x', 100) FROM generate_series(1, 80000)"), operations{Asked: 1, Answered: 1}},
		{"a text of 2 MB", simple("SELECT length('" + strings.Repeat("x", 2<<20) + "')"), operations{Asked: 1, Answered: 1}},
		{"listen and notify", simple("LISTEN a; NOTIFY a, 'b'"), operations{Asked: 1, Answered: 1}},
		{"unnamed", extended("SELECT $1::int", "1"), operations{Asked: 1, Answered: 1}},
		{"unnamed, an insert", extended("INSERT INTO orders VALUES ($1, $2)", "1", strings.Repeat("x", 1<<20)), operations{Asked: 1, Answered: 1}},
		{"unnamed, nothing", extended(""), operations{Asked: 1, Answered: 1}},
		{"unnamed, an error", func() {
			require.Error(t, pg.ExecParams(ctx, "SELECT 1/$1::int", [][]byte{[]byte("0")}, nil, nil, nil).Read().Err)
		}, operations{Asked: 1, Answered: 1, Failed: 1}},
		{"unnamed, not understood", func() { require.Error(t, pg.ExecParams(ctx, "SELEC", nil, nil, nil, nil).Read().Err) }, operations{Asked: 1, Answered: 1, Failed: 1}},
		{"prepared", func() { _, err := pg.Prepare(ctx, "s", "SELECT $1::int", nil); require.NoError(t, err) }, operations{Asides: 1}},
		{"and run three times", func() {
			for range 3 {
				require.NoError(t, pg.ExecPrepared(ctx, "s", [][]byte{[]byte("1")}, nil, nil).Read().Err)
			}
		}, operations{Asked: 3, Answered: 3}},
		{"and closed", func() { require.NoError(t, pg.Deallocate(ctx, "s")) }, operations{Asides: 1}},
		{"what cannot be prepared", func() { _, err := pg.Prepare(ctx, "s", "SELEC", nil); require.Error(t, err) }, operations{Asides: 1}},
		{"a batch of five with one Sync", batch(false, "SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4", "SELECT 5"), operations{Asked: 5, Answered: 5}},
		{"a batch of five, the third of which fails", batch(true, "SELECT 1", "SELECT 2", "SELECT 1/0", "SELECT 4", "SELECT 5"), operations{Asked: 5, Answered: 5, Failed: 3}},
		{"a commit that fails", func() {
			require.Error(t, pg.ExecParams(ctx, "INSERT INTO later VALUES (99)", nil, nil, nil, nil).Read().Err)
		},
			operations{Asked: 1, Answered: 1, Failed: 1}},
		{"a pipeline of four Syncs", func() {
			pipe := pg.StartPipeline(ctx)
			for i := range 4 {
				text := "SELECT 1"
				if i == 1 {
					text = "SELECT 1/0"
				}
				pipe.SendQueryParams(text, nil, nil, nil, nil)
				require.NoError(t, pipe.Sync())
			}
			_ = pipe.Close()
		}, operations{Asked: 4, Answered: 4, Failed: 1}},
		{"copied in, 6 MB", func() {
			tag, err := pg.CopyFrom(ctx, strings.NewReader(lines(300_000)), "COPY orders FROM STDIN")
			require.NoError(t, err)
			require.EqualValues(t, 300_000, tag.RowsAffected())
		}, operations{Asked: 1, Answered: 1}},
		{"copied in, and refused", func() {
			_, err := pg.CopyFrom(ctx, strings.NewReader(strings.Repeat("E\tQ\n", 200_000)), "COPY orders FROM STDIN")
			require.Error(t, err)
		}, operations{Asked: 1, Answered: 1, Failed: 1}},
		{"copied out", func() { _, err := pg.CopyTo(ctx, discard{}, "COPY orders TO STDOUT"); require.NoError(t, err) }, operations{Asked: 1, Answered: 1}},
		{"a query behind it", simple("SELECT 1"), operations{Asked: 1, Answered: 1}},
		{"a cursor", simple("BEGIN; DECLARE c CURSOR FOR SELECT id FROM orders; FETCH 10 FROM c; COMMIT"), operations{Asked: 1, Answered: 1}},
		{"it leaves", func() { require.NoError(t, pg.Close(ctx)) }, operations{}},
		{"a log-in that is refused", func() {
			_, err := pgconn.Connect(ctx, strings.Replace(p.DSN(""), postgresbed.Secret, "wrong", 1))
			require.Error(t, err)
		}, operations{Asides: 1}},
		{"psql", func() { p.Client(t, "", "psql", "-X", "-c", "SELECT 1", "-c", "SELECT 2") }, operations{Asked: 2, Answered: 2, Asides: 1}},
	}
	for _, s := range steps {
		s.do()
		for role, got := range drainPostgreSQL(t, c, p) {
			counters, err := c.Counters()
			require.NoError(t, err)
			assert.Equal(t, s.want, got, "%s, role %d, %+v", s.what, role, counters)
		}
	}
}

// lines are rows of the table orders, and look like messages.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strconv.Itoa(i + 1000))
		b.WriteString("\tQSELECT E Z\n")
	}
	return b.String()
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// drainPostgreSQL adds up the records of a server's processes and of its clients since the
// last call.
func drainPostgreSQL(t *testing.T, c *Capture, p *postgresbed.PostgreSQL) map[uint8]operations {
	t.Helper()
	host, port := p.Where()
	return drainWanted(t, c, func(e *record.Exchange) bool {
		if e.IsUnix() {
			return strings.HasPrefix(e.SocketName(), host+"/")
		}
		server := e.RemotePort
		if e.Role == record.RoleServer {
			server = e.LocalPort
		}
		return strconv.Itoa(int(server)) == port
	})
}

// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// TestStatementsAreNamedThoughSampledOut: the turn that gives a statement its name, and
// runs it, gets a record; those that run it by its name, and those without one, are
// sampled out and counted.
func TestStatementsAreNamedThoughSampledOut(t *testing.T) {
	const each = 5
	ctx := context.Background()
	p := postgresbed.Start(t, postgresbed.Options{Name: "postgres-names"})
	var backend int
	c := whole(t, func(c *Capture) {
		require.NoError(t, c.objects.SelfTgid.Set(uint32(0))) // this process is the client
		pg, err := pgconn.Connect(ctx, p.DSN(""))
		require.NoError(t, err)
		backend = int(pg.PID())
		startedPeers.Store(backend, true)
		hijacked, err := pg.Hijack()
		require.NoError(t, err)
		defer hijacked.Conn.Close()
		f := hijacked.Frontend
		turn := func(parse *pgproto3.Parse, statement string) {
			if parse != nil {
				f.SendParse(parse)
			}
			f.SendBind(&pgproto3.Bind{PreparedStatement: statement})
			f.SendExecute(&pgproto3.Execute{})
			f.SendSync(&pgproto3.Sync{})
			require.NoError(t, f.Flush())
			for {
				message, err := f.Receive()
				require.NoError(t, err)
				switch message := message.(type) {
				case *pgproto3.ErrorResponse:
					require.Fail(t, "the server refuses", message.Message)
				case *pgproto3.ReadyForQuery:
					return
				}
			}
		}
		turn(&pgproto3.Parse{Name: "s1", Query: "SELECT 1"}, "s1")
		for range each {
			turn(nil, "s1")
			turn(&pgproto3.Parse{Query: "SELECT 2"}, "")
		}
	}, Options{RingBytes: 8 << 20, Sampling: Sampling{}})
	var operations, asides int
	for i := range c.exchanges {
		if e := &c.exchanges[i]; int(e.Process.Tgid) == backend {
			if e.Operations == 0 {
				asides++
				continue
			}
			operations++
			assert.Contains(t, string(e.Request()), "s1\x00SELECT 1")
		}
	}
	assert.Equal(t, 1, asides, "the log-in")
	assert.Equal(t, 1, operations, "the one that gives the name")
	_, spilled := c.placed(t, backend)
	assert.EqualValues(t, 2*each, spilled[record.RoleServer])
}

// SPDX-License-Identifier: Apache-2.0

package postgresbed

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// PoolOptions are what a pgbouncer is to be.
type PoolOptions struct {
	// Name gives the program a name: see Options.
	Name string
	// Mode is its pool_mode: session, transaction or statement.
	Mode string
	// Size is how many connections it has to the server at most.
	Size int
	// Unix makes it listen on a Unix socket only. It finds the server as other clients do: by
	// Options.Unix.
	Unix bool
	// Settings are further lines of its configuration.
	Settings string
}

// PgBouncer is a running pgbouncer in front of a server. Its clients find it as they find the
// server: by the methods Client and Try.
type PgBouncer struct {
	*process.Process
	// Address is host:port, or unix: and a path: where the clients of a test connect.
	Address string

	host string // a directory for a Unix socket
	port string
}

const pgbouncerConfig = `
[databases]
%s = %s
[pgbouncer]
listen_addr = %s
listen_port = %s
unix_socket_dir = %s
auth_type = scram-sha-256
auth_file = %s
admin_users = %s
pool_mode = %s
default_pool_size = %d
ignore_startup_parameters = extra_float_digits
%s
`

// Pool starts a pgbouncer in front of the server, as its user, on a free port of 127.0.0.1 or
// on a socket. The test's end stops it. It fails where pgbouncer is not installed (`make test` installs it).
func (p *PostgreSQL) Pool(t testing.TB, o PoolOptions) *PgBouncer {
	t.Helper()
	dir := filepath.Join(p.dir, o.Name)
	require.NoError(t, os.Mkdir(dir, 0o755))
	uid, gid := account(t)
	require.NoError(t, os.Chown(dir, uid, gid)) // its socket is made there
	b := &PgBouncer{Address: nginxbed.FreeAddress(t)}
	var err error
	b.host, b.port, err = net.SplitHostPort(b.Address)
	require.NoError(t, err)
	listen, sockets := b.host, ""
	if o.Unix {
		listen, sockets, b.host = "", dir, dir
		b.Address = "unix:" + filepath.Join(dir, ".s.PGSQL."+b.port)
	}
	users, config := filepath.Join(dir, "users"), filepath.Join(dir, "pgbouncer.ini")
	require.NoError(t, os.WriteFile(users, fmt.Appendf(nil, "%q %q\n", Clerk, Secret), 0o644))
	host, serverPort := p.Where()
	server := fmt.Sprintf("host=%s port=%s dbname=%s", host, serverPort, Database)
	text := fmt.Appendf(nil, pgbouncerConfig, Database, server, listen, b.port, sockets, users, Clerk, o.Mode, o.Size, o.Settings)
	require.NoError(t, os.WriteFile(config, text, 0o644))
	b.Process, err = process.Start(process.Command{
		Path: process.Copy(t, "pgbouncer", "/usr/sbin/pgbouncer", filepath.Join(dir, o.Name)), Args: []string{config}, Dir: dir, SysProcAttr: p.as,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Kill()) })
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := address.Dial(b.Address); err == nil {
			require.NoError(t, conn.Close())
			return b
		}
		require.True(t, time.Now().Before(deadline), "pgbouncer does not accept connections:\n%s", b.Stderr())
	}
}

// Client is that of PostgreSQL.
func (b *PgBouncer) Client(t testing.TB, service, program string, words ...string) string {
	t.Helper()
	out, err := b.Try(service, program, words...)
	require.NoError(t, err, "%s %s:\n%s\n%s", program, strings.Join(words, " "), out, b.Stderr())
	return out
}

// Try is that of PostgreSQL.
func (b *PgBouncer) Try(service, program string, words ...string) (string, error) {
	return run(b.host, b.port, service, program, words...)
}

// Queries is its own count of what it was asked for in the database: total_query_count of SHOW
// STATS, in which are all simple Queries and the batches of the extended protocol by their
// Syncs, also those that only prepare. The asking is a Query to it, by nobody's service.
func (b *PgBouncer) Queries(t testing.TB) uint64 {
	t.Helper()
	out := b.Client(t, "", "psql", "-X", "-A", "-F", " ", "-d", "pgbouncer", "-c", "SHOW STATS")
	lines := strings.Split(out, "\n")
	for _, line := range lines {
		if words := strings.Fields(line); len(words) > 0 && words[0] == Database {
			for i, column := range strings.Fields(lines[0]) {
				if column == "total_query_count" {
					n, err := strconv.ParseUint(words[i], 10, 64)
					require.NoError(t, err)
					return n
				}
			}
		}
	}
	require.Fail(t, "pgbouncer has no statistics of the database", out)
	return 0
}

// SPDX-License-Identifier: Apache-2.0

// Package postgresbed starts Debian's PostgreSQL; what it writes of each statement and
// what pg_stat_statements counts are the truths that a capture is compared with.
package postgresbed // import "github.com/sloe-dev/sloe/testbed/workload/postgresbed"

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

const (
	patience = 30 * time.Second
	// runAs is whom the server runs as: it refuses root. Debian's package makes the user.
	runAs = "postgres"
	// Superuser of every server, who needs no password; Clerk's is Secret.
	Superuser = "owner"
	Clerk     = "clerk"
	Secret    = "hunter2"
	// Database that tests use.
	Database = "shop"
)

// Options are what the server is to be.
type Options struct {
	// Name gives the program a name, so that it is another service than any other
	// PostgreSQL on the host.
	Name string
	// Unix makes tests connect to a Unix socket.
	Unix bool
	// Args are further words of its command line, Env further variables of its environment.
	Args, Env []string
}

// PostgreSQL is a running server. It has the database Database and the user Clerk.
type PostgreSQL struct {
	*process.Process
	// Address is host:port, or unix: and a path: where the clients of a test connect.
	Address string

	dir  string // of its Unix socket
	port string
	unix bool
	as   *syscall.SysProcAttr // whom it runs as
}

// Start starts a server on a free port of 127.0.0.1, and on a Unix socket. The test's end
// stops it. It fails where postgresql is not installed (`make test` installs it).
func Start(t testing.TB, o Options) *PostgreSQL {
	t.Helper()
	p := prepare(t, o)
	p.tool(t, "", "initdb", "-D", p.data(), "-U", Superuser, "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8")
	require.NoError(t, os.WriteFile(filepath.Join(p.data(), "pg_hba.conf"), []byte(hba), 0o644))
	p.serve(t, o)
	p.SQL(t, fmt.Sprintf("CREATE USER %s PASSWORD '%s' REPLICATION", Clerk, Secret))
	p.SQL(t, fmt.Sprintf("CREATE DATABASE %s OWNER %s", Database, Clerk))
	p.SQL(t, "CREATE EXTENSION pg_stat_statements")
	return p
}

// Replica copies a running server by pg_basebackup and starts the copy, which goes on by the
// stream of the first one's changes. Who copies is of the replica's service.
func (p *PostgreSQL) Replica(t testing.TB, o Options) *PostgreSQL {
	t.Helper()
	r := prepare(t, o)
	r.tool(t, o.Name, "pg_basebackup", "-D", r.data(), "--checkpoint=fast", "--no-sync", "--write-recovery-conf", "-d", p.DSN(""))
	r.serve(t, o)
	return r
}

// prepare makes the directory of a server, and finds it a port.
func prepare(t testing.TB, o Options) *PostgreSQL {
	t.Helper()
	uid, gid := account(t)
	dir, err := os.MkdirTemp("", "pg") // its socket's path is to be short, and open to another user
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chown(dir, uid, gid))
	require.NoError(t, os.Chmod(dir, 0o755))
	p := &PostgreSQL{dir: dir, unix: o.Unix, as: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}}
	_, p.port, err = net.SplitHostPort(nginxbed.FreeAddress(t))
	require.NoError(t, err)
	p.Address = net.JoinHostPort("127.0.0.1", p.port)
	if o.Unix {
		p.Address = "unix:" + filepath.Join(dir, ".s.PGSQL."+p.port)
	}
	return p
}

func (p *PostgreSQL) data() string { return filepath.Join(p.dir, "data") }

// tool runs a program of the server's to its end, as the server's user and as a service of
// this name, empty for none of its own.
func (p *PostgreSQL) tool(t testing.TB, service, name string, words ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(Programs(t), name), words...)
	cmd.SysProcAttr, cmd.Dir = p.as, p.dir
	if service != "" {
		cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+service)
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s:\n%s", name, out)
}

// serve starts the server and waits until it lets clients in.
func (p *PostgreSQL) serve(t testing.TB, o Options) {
	t.Helper()
	program := process.Copy(t, "postgresql", filepath.Join(Programs(t), "postgres"), filepath.Join(p.dir, o.Name))
	args := []string{"-D", p.data(), "-p", p.port, "-k", p.dir, "-h", "127.0.0.1", "-F"}
	for key, value := range settings {
		args = append(args, "-c", key+"="+value)
	}
	var err error
	p.Process, err = process.Start(process.Command{Path: program, Args: append(args, o.Args...), Env: o.Env, Dir: p.dir, SysProcAttr: p.as})
	require.NoError(t, err)
	t.Cleanup(func() { p.stop(t) })
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if _, err := p.psql(Superuser, "postgres", "SELECT 1"); err == nil {
			return
		}
		require.True(t, time.Now().Before(deadline), "postgres does not accept connections:\n%s", p.Stderr())
	}
}

// hba lets the owner in by the Unix socket, and others by password.
const hba = "local all " + Superuser + " trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n" +
	"local replication all scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n"

// settings make the server say what it did with each message: see Log.
var settings = map[string]string{
	"shared_preload_libraries":          "pg_stat_statements",
	"pg_stat_statements.track":          "top",
	"pg_stat_statements.save":           "off",
	"log_min_duration_statement":        "0",
	"log_line_prefix":                   linePrefix,
	"log_replication_commands":          "on",
	"log_error_verbosity":               "default",
	"lc_messages":                       "C",
	"max_connections":                   "120",
	"max_wal_senders":                   "4",
	"wal_level":                         "replica",
	"autovacuum":                        "off",
	"max_prepared_transactions":         "4",
	"log_parameter_max_length":          "0",
	"log_parameter_max_length_on_error": "0",
	"shared_buffers":                    "32MB",
}

// stop ends the server with all of its processes.
func (p *PostgreSQL) stop(t testing.TB) {
	t.Helper()
	assert.NoError(t, p.Signal(syscall.SIGQUIT)) // immediate shutdown
	select {
	case <-p.Ended():
	case <-time.After(patience):
		assert.NoError(t, p.Kill())
	}
}

// Programs returns the directory of the server's programs.
func Programs(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	require.NotEmpty(t, found, "postgresql is missing? `make test` installs it")
	return found[len(found)-1]
}

func account(t testing.TB) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup(runAs)
	require.NoError(t, err, "postgresql is missing? `make test` installs it")
	uid, err = strconv.Atoi(u.Uid)
	require.NoError(t, err)
	gid, err = strconv.Atoi(u.Gid)
	require.NoError(t, err)
	return uid, gid
}

// Where is the host and port by which libpq finds the server: a directory for a Unix socket.
func (p *PostgreSQL) Where() (host, port string) {
	if p.unix {
		return p.dir, p.port
	}
	return "127.0.0.1", p.port
}

// DSN is a connection string of Clerk, with further words.
func (p *PostgreSQL) DSN(words string) string {
	host, port := p.Where()
	return fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s sslmode=disable %s", host, port, Clerk, Secret, Database, words)
}

// Dial connects, for tests that write messages of their own.
func (p *PostgreSQL) Dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := address.Dial(p.Address)
	require.NoError(t, err)
	return conn
}

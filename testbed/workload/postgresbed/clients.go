// SPDX-License-Identifier: Apache-2.0

package postgresbed

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// SQL runs a statement as the owner in the database postgres, by the Unix socket.
func (p *PostgreSQL) SQL(t testing.TB, statement string) string {
	t.Helper()
	out, err := p.psql(Superuser, "postgres", statement)
	require.NoError(t, err, "%s:\n%s", statement, out)
	return strings.TrimSpace(out)
}

func (p *PostgreSQL) psql(user, database, statement string) (string, error) {
	cmd := exec.Command("psql", "-X", "-A", "-t", "-h", p.dir, "-p", p.port, "-U", user, "-d", database, "-c", statement)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Client runs a program of libpq's as Clerk and as a service of this name, empty for none
// of its own, and returns what it prints.
func (p *PostgreSQL) Client(t testing.TB, service, program string, words ...string) string {
	t.Helper()
	out, err := p.Try(service, program, words...)
	require.NoError(t, err, "%s %s:\n%s", program, strings.Join(words, " "), out)
	return out
}

// Try is Client for programs that may fail.
func (p *PostgreSQL) Try(service, program string, words ...string) (string, error) {
	host, port := p.Where()
	return run(host, port, service, program, words...)
}

// Launch is Client for a program that goes on while the test does something else. The test's
// end ends it.
func (p *PostgreSQL) Launch(t testing.TB, service, program string, words ...string) *process.Process {
	t.Helper()
	path, err := exec.LookPath(program)
	require.NoError(t, err)
	host, port := p.Where()
	launched, err := process.Start(process.Command{Path: path, Args: words, Env: environment(host, port, service)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, launched.Kill()) })
	return launched
}

func run(host, port, service, program string, words ...string) (string, error) {
	cmd := exec.Command(program, words...)
	cmd.Env = append(os.Environ(), environment(host, port, service)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// environment is what libpq and the collector read of a client.
func environment(host, port, service string) []string {
	env := []string{"PGHOST=" + host, "PGPORT=" + port, "PGUSER=" + Clerk, "PGPASSWORD=" + Secret, "PGDATABASE=" + Database, "PGSSLMODE=disable"}
	if service != "" {
		env = append(env, "OTEL_SERVICE_NAME="+service)
	}
	return env
}

// SPDX-License-Identifier: Apache-2.0

// Package memcachedbed starts Debian's memcached; its own statistics are the truth that
// a capture is compared with.
package memcachedbed // import "github.com/sloe-dev/sloe/testbed/workload/memcachedbed"

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
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

const patience = 10 * time.Second

// Options are what the server is to be.
type Options struct {
	// Name gives the program a name, so that it is another service than any other
	// memcached on the host.
	Name string
	// Unix makes it listen on a Unix socket only.
	Unix bool
}

// Memcached is a running server.
type Memcached struct {
	*process.Process
	// Address is host:port, or unix: and a path.
	Address string
}

// Start starts a server on a free port of 127.0.0.1, or on a socket. The test's end
// stops it. It fails where memcached is not installed (`make test` installs it).
func Start(t testing.TB, o Options) *Memcached {
	t.Helper()
	m, dir := &Memcached{}, t.TempDir()
	args := []string{"-u", "root", "-t", "2", "-m", "64"}
	if o.Unix {
		socket := filepath.Join(dir, "memcached.sock")
		m.Address = "unix:" + socket
		args = append(args, "-s", socket)
	} else {
		m.Address = nginxbed.FreeAddress(t)
		host, port, err := net.SplitHostPort(m.Address)
		require.NoError(t, err)
		args = append(args, "-l", host, "-p", port)
	}
	var err error
	m.Process, err = process.Start(process.Command{
		Path: process.Copy(t, "memcached", "/usr/bin/memcached", filepath.Join(dir, o.Name)), Args: args, Dir: dir,
	})
	require.NoError(t, err, "memcached is missing? `make test` installs it")
	t.Cleanup(func() { assert.NoError(t, m.Kill()) })
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := address.Dial(m.Address); err == nil {
			require.NoError(t, conn.Close())
			return m
		}
		require.True(t, time.Now().Before(deadline), "memcached does not accept connections:\n%s", m.Stdout())
	}
}

// Stats are the server's own numbers. Asking for them is a command of a connection that
// has had no other.
func (m *Memcached) Stats(t testing.TB) map[string]uint64 {
	t.Helper()
	conn, err := address.Dial(m.Address)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, "stats\r\n")
	require.NoError(t, err)
	stats := map[string]uint64{}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if lines.Text() == "END" {
			return stats
		}
		words := strings.Fields(lines.Text())
		require.GreaterOrEqual(t, len(words), 2, lines.Text())
		if n, err := strconv.ParseUint(words[len(words)-1], 10, 64); err == nil {
			stats[words[1]] = n
		}
	}
	require.Fail(t, "the statistics do not end")
	return nil
}

// Keys adds up what the server counts by key, of a get one of each key: sets of every
// kind, gets, touches, deletes and counters, and times that everything was dropped.
func Keys(stats map[string]uint64) (n uint64) {
	for _, name := range []string{
		"cmd_set", "cmd_get", "cmd_touch", "cmd_flush",
		"delete_hits", "delete_misses", "incr_hits", "incr_misses", "decr_hits", "decr_misses",
	} {
		n += stats[name]
	}
	return n
}

// Client runs a program as a client of a service name and returns what it prints.
func (m *Memcached) Client(t testing.TB, service, program string, words ...string) string {
	t.Helper()
	cmd := exec.Command(program, words...)
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+service)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, fmt.Sprintf("%s %s:\n%s", program, strings.Join(words, " "), out))
	return string(out)
}

// Where is the server's address as memcached's clients take it.
func (m *Memcached) Where() string { return strings.TrimPrefix(m.Address, "unix:") }

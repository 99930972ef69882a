// SPDX-License-Identifier: Apache-2.0

// Package redisbed starts Debian's Redis; its own statistics of commands are the
// truth that a capture is compared with.
package redisbed // import "github.com/sloe-dev/sloe/testbed/workload/redisbed"

import (
	"net"
	"path/filepath"
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
	// Redis on the host. A server overwrites its environment with its title.
	Name string
	// Unix makes it listen on a Unix socket only.
	Unix bool
	// Config are further words of its command line.
	Config []string
}

// Redis is a running server.
type Redis struct {
	*process.Process
	// Address is host:port, or unix: and a path.
	Address string
	dir     string
	socket  string
	port    string
}

// Start starts a server on a free port of 127.0.0.1, or on a socket. The test's end
// stops it. It fails where redis-server is not installed (`make test` installs it).
func Start(t testing.TB, o Options) *Redis {
	t.Helper()
	r := &Redis{dir: t.TempDir()}
	args := []string{"--save", "", "--appendonly", "no", "--dir", r.dir}
	if o.Unix {
		r.socket = filepath.Join(r.dir, "redis.sock")
		r.Address = "unix:" + r.socket
		args = append(args, "--port", "0", "--unixsocket", r.socket)
	} else {
		r.Address = nginxbed.FreeAddress(t)
		_, port, err := net.SplitHostPort(r.Address)
		require.NoError(t, err)
		r.port = port
		args = append(args, "--port", port, "--bind", "127.0.0.1")
	}
	var err error
	r.Process, err = process.Start(process.Command{
		Path: process.Copy(t, "redis-server", "/usr/bin/redis-server", filepath.Join(r.dir, o.Name)), Args: append(args, o.Config...), Dir: r.dir,
	})
	require.NoError(t, err, "redis-server is missing? `make test` installs it")
	t.Cleanup(func() { assert.NoError(t, r.Kill()) })
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := address.Dial(r.Address); err == nil {
			require.NoError(t, conn.Close())
			return r
		}
		require.True(t, time.Now().Before(deadline), "redis does not accept connections:\n%s", r.Stdout())
	}
}

// Where are the words by which redis-cli and redis-benchmark find the server.
func (r *Redis) Where() []string {
	if r.socket != "" {
		return []string{"-s", r.socket}
	}
	return []string{"-h", "127.0.0.1", "-p", r.port}
}

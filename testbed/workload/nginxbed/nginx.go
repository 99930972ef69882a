// SPDX-License-Identifier: Apache-2.0

// Package nginxbed starts Debian's nginx with a configuration of its own; its
// access log is the truth that a capture is compared with.
package nginxbed // import "github.com/sloe-dev/sloe/testbed/workload/nginxbed"

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

const patience = 10 * time.Second

// Nginx is a running server.
type Nginx struct {
	*process.Process // the master
	// Address is host:port, or unix: and a path.
	Address string
	// Dir holds the configuration, the log and the files.
	Dir string
}

// Start starts nginx on a free port of 127.0.0.1. The test's end stops it. It
// fails where nginx is not installed (`make test` installs it).
func Start(t testing.TB, o Options) *Nginx {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // not on every user's path
	}
	// Not the test's own directory: only its owner may enter that, and the workers
	// are somebody else.
	dir, err := os.MkdirTemp("", "nginxbed")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))

	if o.Name != "" {
		program = process.Copy(t, "nginx", program, filepath.Join(dir, o.Name))
	}
	n := &Nginx{Address: "unix:" + filepath.Join(dir, "nginx.sock"), Dir: dir}
	if !o.Unix {
		n.Address = FreeAddress(t)
	}
	require.NoError(t, o.write(dir, n.Address))
	n.Process, err = process.Start(process.Command{
		Path: program, Args: []string{"-p", dir, "-c", "nginx.conf", "-e", "stderr"}, Dir: dir,
	})
	require.NoError(t, err, "nginx is missing? `make test` installs it")
	t.Cleanup(func() { n.stop(t) })
	n.waitReady(t)
	return n
}

// FreeAddress returns an address of 127.0.0.1 that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Close()) }()
	return l.Addr().String()
}

// Finish lets the server end what it does, and ends it: the log is whole then.
func (n *Nginx) Finish(t testing.TB) {
	t.Helper()
	require.NoError(t, n.Signal(syscall.SIGQUIT))
	select {
	case <-n.Ended():
	case <-time.After(patience):
		t.Fatal("nginx did not end: a connection is open")
	}
}

// stop ends master and workers: a killed master would leave its workers behind.
func (n *Nginx) stop(t testing.TB) { assert.NoError(t, n.Stop(patience)) }

// waitReady waits until the server accepts connections. It sends no request, so
// that the log holds those of the test alone.
func (n *Nginx) waitReady(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !n.ready() {
		select {
		case <-n.Ended():
			t.Fatalf("nginx ended:\n%s", n.Stderr())
		case <-time.After(5 * time.Millisecond):
		}
		require.True(t, time.Now().Before(deadline), "nginx does not accept connections:\n%s", n.Stderr())
	}
}

func (n *Nginx) ready() bool {
	if _, err := os.Stat(filepath.Join(n.Dir, "nginx.pid")); err != nil {
		return false
	}
	conn, err := address.Dial(n.Address)
	return err == nil && conn.Close() == nil
}

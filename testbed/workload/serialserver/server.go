// SPDX-License-Identifier: Apache-2.0

package serialserver

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// Serve listens, prints `ready ADDRESS`, and serves until it fails or is killed.
func Serve(on string, work time.Duration, out io.Writer) error {
	listener, err := address.Listen(on)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", on, err)
	}
	// a descriptor of our own, out of the hands of Go's poller: one thread does it all
	var file *os.File
	switch l := listener.(type) {
	case *net.TCPListener:
		file, err = l.File()
	case *net.UnixListener:
		file, err = l.File()
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "ready %s\n", address.Of(listener.Addr())); err != nil {
		return err
	}
	return serve(int(file.Fd()), work, out)
}

// Served is one request, by the server's own clock.
type Served struct {
	Target string
	Read   time.Time
	Done   time.Time
}

// Server is a server in a process of its own.
type Server struct {
	*process.Process
	Address string
}

// Start builds and starts a server. The test's end kills it.
func Start(t testing.TB, name, on string, work time.Duration) *Server {
	t.Helper()
	p, err := process.Start(process.Command{
		Path: process.Build(t, "testbed/cmd/serialserver"), Args: []string{"-address", on, "-work", work.String()},
		Env: []string{"OTEL_SERVICE_NAME=" + name},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	ready, err := p.WaitStdout("ready ", 10*time.Second)
	require.NoError(t, err)
	return &Server{Process: p, Address: strings.TrimPrefix(ready, "ready ")}
}

// Served returns what the server served so far, in its order.
func (s *Server) Served(t testing.TB) []Served {
	t.Helper()
	var out []Served
	for line := range strings.Lines(s.Stdout()) {
		var target string
		var read, done int64
		if n, _ := fmt.Sscanf(line, "served %s %d %d", &target, &read, &done); n == 3 {
			out = append(out, Served{target, time.Unix(0, read), time.Unix(0, done)})
		}
	}
	return out
}

// SPDX-License-Identifier: Apache-2.0

package grpcserver

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// patience bounds every wait for a server that has nothing to do.
const patience = 10 * time.Second

// Server is a server in a process of its own.
type Server struct {
	*process.Process
	// Address is host:port, or unix: and a path.
	Address string
}

// Start builds and starts a server on an address, with a service name of its own.
// The test's end kills it.
func Start(t testing.TB, name, on string) *Server {
	t.Helper()
	p, err := process.Start(process.Command{
		Path: process.Build(t, "testbed/cmd/grpcserver"), Env: []string{"OTEL_SERVICE_NAME=" + name}, Args: []string{"-address", on},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	ready, err := p.WaitStdout("ready ", patience)
	require.NoError(t, err)
	return &Server{Process: p, Address: strings.TrimPrefix(ready, "ready ")}
}

// Counts asks the server.
func (s *Server) Counts(t testing.TB) Counts {
	t.Helper()
	answer, err := s.Ask("counts", patience)
	require.NoError(t, err)
	var c Counts
	require.NoError(t, json.Unmarshal([]byte(answer), &c))
	return c
}

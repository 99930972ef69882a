// SPDX-License-Identifier: Apache-2.0

package counted

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

// Server is a server in a process of its own, whose counts are of type C.
type Server[C any] struct {
	*process.Process
	// Address is host:port, or unix: and a path.
	Address string
}

// Start starts a server. The test's end kills it.
func Start[C any](t testing.TB, c process.Command) Server[C] {
	t.Helper()
	p, err := process.Start(c)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	ready, err := p.WaitStdout("ready ", patience)
	require.NoError(t, err, "%s", p.Stderr())
	return Server[C]{Process: p, Address: strings.TrimPrefix(ready, "ready ")}
}

// Counts asks the server.
func (s *Server[C]) Counts(t testing.TB) C {
	t.Helper()
	answer, err := s.Ask("counts", patience)
	require.NoError(t, err)
	var c C
	require.NoError(t, json.Unmarshal([]byte(answer), &c))
	return c
}

// SPDX-License-Identifier: Apache-2.0

package load

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// RunProcess carries out a plan in a process of its own, so that the client side
// belongs neither to the test nor to the server. The program is that of
// testbed/cmd/load.
func RunProcess(t testing.TB, program string, p Plan, timeout time.Duration) Result {
	t.Helper()
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	started, err := process.Start(process.Command{Path: program})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, started.Kill()) })
	require.NoError(t, started.Tell(string(raw)))
	require.NoError(t, started.CloseStdin())
	select {
	case <-started.Ended():
	case <-time.After(timeout):
		t.Fatalf("the load did not end within %s", timeout)
	}
	require.Equal(t, 0, started.ExitCode(), started.Stderr())
	var r Result
	require.NoError(t, json.Unmarshal([]byte(started.Stdout()), &r))
	return r
}

// SPDX-License-Identifier: Apache-2.0

package mysqlload

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/mariadbbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

const (
	patience = 60 * time.Second
	// Ready is what the program prints once it is connected, Start what it then waits for, and
	// Done stands before the result.
	Ready, Begin, Done = "ready", "begin", "done "
)

// Client is a process that runs a workload.
type Client struct{ *process.Process }

// Start starts it as a process of a service name.
func Start(t testing.TB, m *mariadbbed.MariaDB, service string, w Workload) *Client {
	t.Helper()
	parameters := map[Kind]string{Multi: "multiStatements=true", Interpolated: "interpolateParams=true"}
	w.DSN = m.DSNOf(w.User, parameters[w.Kind])
	plan, err := json.Marshal(w)
	require.NoError(t, err)
	p, err := process.Start(process.Command{
		Path: process.Build(t, "testbed/cmd/mysqlload"), Args: []string{string(plan)}, Env: []string{"OTEL_SERVICE_NAME=" + service},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	return &Client{p}
}

// WaitReady waits until the connections are made.
func (c *Client) WaitReady(t testing.TB) {
	t.Helper()
	_, err := c.WaitStdout(Ready, patience)
	require.NoError(t, err, c.Stderr())
}

// Go runs the workload, and returns once it has left.
func (c *Client) Go(t testing.TB) Result {
	t.Helper()
	require.NoError(t, c.Tell(Begin))
	line, err := c.WaitStdout(Done, patience)
	require.NoError(t, err, c.Stderr())
	var r Result
	require.NoError(t, json.Unmarshal([]byte(line[len(Done):]), &r))
	return r
}

// Run does all of that.
func Run(t testing.TB, m *mariadbbed.MariaDB, service string, w Workload) Result {
	t.Helper()
	c := Start(t, m, service, w)
	c.WaitReady(t)
	return c.Go(t)
}

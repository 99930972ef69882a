// SPDX-License-Identifier: Apache-2.0

// Package collectorbed starts the built collector with a configuration, waits
// until it is ready, and reads what it wrote.
package collectorbed // import "github.com/sloe-dev/sloe/testbed/workload/collectorbed"

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// patience bounds start and stop: loading the programs of the kernel takes part
// of it on a busy machine.
const patience = 60 * time.Second

// ready is what the collector logs when every pipeline runs.
const ready = "Everything is ready"

// Collector is a started collector.
type Collector struct {
	*process.Process
	// Dir holds its configuration and what it writes.
	Dir string
}

// settle is the time between that line and the moment when the collector listens
// for signals; a SIGTERM in between ends it without a flush, and nothing that
// can be seen from outside marks the moment.
const settle = 200 * time.Millisecond

// Program returns the path of bin/otelcol-sloe. It fails where it is not built:
// `make build` builds it, and `make test` does so first.
func Program(t testing.TB) string {
	t.Helper()
	program := filepath.Join(process.Root(t), "bin", "otelcol-sloe")
	_, err := os.Stat(program)
	require.NoError(t, err, "the collector is not built: run make build")
	return program
}

// Launch starts a collector without waiting for it. The test's end kills it.
func Launch(t testing.TB, o Options) *Collector {
	t.Helper()
	c := &Collector{Dir: o.directory(t)}
	config := c.Path("config.yaml")
	require.NoError(t, os.WriteFile(config, []byte(o.Config), 0o644))
	for name, content := range o.Files {
		require.NoError(t, os.WriteFile(c.Path(name), []byte(content), 0o644))
	}
	var err error
	c.Process, err = process.Start(process.Command{
		Path: o.program(t, c.Dir), Args: []string{"--config", config}, Dir: c.Dir,
		Env:         append([]string{"SLOE_TEST_DIR=" + c.Dir}, o.Env...),
		SysProcAttr: o.SysProcAttr,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Kill()) })
	return c
}

// Start starts a collector and waits until it is ready.
func Start(t testing.TB, o Options) *Collector {
	t.Helper()
	c := Launch(t, o)
	_, err := c.WaitStderr(ready, patience)
	require.NoError(t, err)
	time.Sleep(settle)
	return c
}

// Path returns the path of a file in the collector's directory.
func (c *Collector) Path(name string) string { return filepath.Join(c.Dir, name) }

// Terminate asks the collector to flush and end, and waits until it has.
func (c *Collector) Terminate(t testing.TB) {
	t.Helper()
	require.NoError(t, c.Stop(patience))
}

// Pause stops the collector in its tracks: the kernel goes on, its reader does
// not. Resume lets it go on.
func (c *Collector) Pause(t testing.TB) {
	t.Helper()
	require.NoError(t, c.Signal(syscall.SIGSTOP))
	require.Eventually(t, c.stopped, 10*time.Second, time.Millisecond, "the collector does not stop")
}

// stopped tells whether no thread of the collector runs: each stops when it is
// next scheduled, which takes a while on a busy host.
func (c *Collector) stopped() bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", c.PID()))
	if err != nil || len(threads) == 0 {
		return false
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			continue // it ended meanwhile
		}
		// proc_pid_stat(5): the state follows the name, which stands in brackets
		if _, behind, ok := strings.Cut(string(stat), ") "); !ok || behind[0] != 'T' {
			return false
		}
	}
	return true
}

// Resume ends Pause.
func (c *Collector) Resume(t testing.TB) {
	t.Helper()
	require.NoError(t, c.Signal(syscall.SIGCONT))
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/perfstats"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// looking waits until sloectl has the kernel measure, and has read what was before.
func looking(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		return slices.ContainsFunc(descriptors, func(fd string) bool {
			target, err := os.Readlink(fd)
			return err == nil && target == "anon_inode:bpf-stats"
		})
	}, patience, 10*time.Millisecond)
	time.Sleep(time.Second)
}

// TestPerfStats: what a server was asked while sloectl looked is what it says of
// the server's process and connections.
func TestPerfStats(t *testing.T) {
	b := startBed(t, bedOptions{ebpf: "{sampling: {max_per_second: 10}}"})
	server := startGoServer(t, serviceName("costly"))
	caller := dial(t, server.Address)
	caller.ask(t, "/ok") // so that process and connection are known
	sloectl, err := process.Start(process.Command{
		Path: filepath.Join(process.Root(t), "bin", "sloectl"), Args: []string{"perf-stats", "--period", "6s", "--top", "1000", "-o", "json"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sloectl.Kill()) })
	looking(t, sloectl.PID())
	const asked = 500
	for range asked {
		caller.ask(t, "/ok")
	}
	require.Equal(t, 0, sloectl.ExitCode(), sloectl.Stderr())
	var report perfstats.Report
	require.NoError(t, json.Unmarshal([]byte(sloectl.Stdout()), &report))
	i := slices.IndexFunc(report.Receivers, func(r perfstats.Receiver) bool { return r.PID == b.PID() })
	require.GreaterOrEqual(t, i, 0, "the collector is not among %+v", report.Receivers)
	r := report.Receivers[i]
	assert.Equal(t, "otelcol-sloe", r.Name)

	processes := map[uint32]uint64{}
	for _, p := range r.Processes {
		processes[p.PID] = p.Exchanges
	}
	assert.EqualValues(t, asked, processes[uint32(server.PID())])
	connections := map[string]uint64{}
	for _, c := range r.Connections {
		connections[c.Role+" "+c.Local+" "+c.Remote] = c.Exchanges
	}
	assert.EqualValues(t, asked, connections["server "+server.Address+" "+caller.LocalAddr().String()])
	assert.EqualValues(t, asked, connections["client "+caller.LocalAddr().String()+" "+server.Address])

	runs := map[string]uint64{}
	for _, p := range r.Programs {
		runs[p.Name] = p.Runs
	}
	assert.GreaterOrEqual(t, runs["sock_send"], uint64(2*asked), "and whatever else runs on this host")
	assert.GreaterOrEqual(t, runs["sock_recv"], uint64(2*asked))
	assert.Positive(t, r.Cores)
	assert.Equal(t, 4<<20, r.Ring.Size)
	assert.NotZero(t, r.Exchanges.Spilled["rate_limited"])
	assert.LessOrEqual(t, r.Exchanges.Delivered, r.Exchanges.Ended)
	b.Terminate(t)
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// TestCPUOf: the clock is the one of the scheduler's statistics.
func TestCPUOf(t *testing.T) {
	before, err := cpuOf(os.Getpid())
	require.NoError(t, err)
	calibrate()
	after, err := cpuOf(os.Getpid())
	require.NoError(t, err)
	assert.Greater(t, after, before)
	_, err = cpuOf(1 << 22) // beyond what a process may be
	assert.Error(t, err)
}

// TestEnds: each of the programs does turns and counts them.
func TestEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("live: builds and starts programs; make test runs it")
	}
	t.Chdir(process.Root(t))
	b, err := newBed()
	require.NoError(t, err)
	defer func() { require.NoError(t, b.remove()) }()
	for i, of := range workloads {
		if program := map[string]string{"nginx": "nginx", "redis": "redis-server"}[of.name]; program != "" {
			_, err := exec.LookPath(program)
			require.NoError(t, err, "make test installs it")
		}
		w, err := b.start(i)
		require.NoError(t, err)
		before := w.turns()
		assert.Eventually(t, func() bool { return w.turns() > before+leastTurns }, 20*time.Second, 10*time.Millisecond, of.name)
		cpu, err := cpuOf(w.pids...)
		require.NoError(t, err)
		assert.Positive(t, cpu)
		w.stop()
	}
}

// TestSloeAsItRuns: the components start and stop in this process as often as they
// are asked to, and leave nothing attached.
func TestSloeAsItRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("live: loads programs into this kernel, as root; make test runs it")
	}
	for _, withSpans := range []bool{true, false} {
		before := ownLinks(t)
		stop, err := startSloe(withSpans)
		require.NoError(t, err)
		assert.Greater(t, ownLinks(t), before, "hooks are attached")
		require.NoError(t, stop())
		assert.Equal(t, before, ownLinks(t))
	}
}

// ownLinks counts the descriptors of links that this process holds.
func ownLinks(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	n := 0
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && target == "anon_inode:bpf_link" {
			n++
		}
	}
	return n
}

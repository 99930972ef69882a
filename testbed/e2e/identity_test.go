// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// owner is a process, as spans name it.
type owner struct {
	service, executable, pid string
}

// owners counts the spans of a kind by the process that they name.
func (b *bed) owners(t *testing.T, kind ptrace.SpanKind) map[owner]int {
	t.Helper()
	out := map[owner]int{}
	for _, td := range b.Traces(t, "spans.json") {
		for _, rs := range td.ResourceSpans().All() {
			m := rs.Resource().Attributes()
			o := owner{str(m, semconv.ServiceName), str(m, semconv.ProcessExecutableName), str(m, semconv.ProcessPID)}
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					if s.Kind() == kind {
						out[o]++
					}
				}
			}
		}
	}
	return out
}

// TestShortLivedProcesses: of 2,000 runs of curl, most of them gone before the
// collector looks, each has its own name.
func TestShortLivedProcesses(t *testing.T) {
	live(t)
	const runs = 2000
	server := startGoServer(t, serviceName("server"))
	prefix := serviceName("short") + "-"
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
	// the collector stands still for a while, so that it certainly comes too late
	b.Pause(t)
	ask := func(from, to int) {
		script := fmt.Sprintf("seq %d %d | xargs -P 4 -I{} env OTEL_SERVICE_NAME=%s{} curl -sS -o %s http://%s/ok", from, to, prefix, os.DevNull, server.Address)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
		require.NoError(t, err, string(out))
		require.Empty(t, string(out))
	}
	ask(1, runs/2)
	b.Resume(t)
	ask(runs/2+1, runs)
	require.EqualValues(t, runs, server.Counts(t).Total(200, 200))
	b.Terminate(t)
	names := map[string]int{}
	for o, n := range b.owners(t, ptrace.SpanKindClient) {
		if strings.HasPrefix(o.service, prefix) {
			assert.Equal(t, "curl", o.executable)
			names[o.service] += n
		}
	}
	want := map[string]int{}
	for i := 1; i <= runs; i++ {
		want[prefix+strconv.Itoa(i)] = 1
	}
	missing := 0
	for name := range want {
		if names[name] != 1 {
			missing++
		}
	}
	assert.Zero(t, missing, "runs without their name, or counted twice")
	assert.Len(t, names, runs)
}

// TestPIDNamespace: a process in a pid namespace of its own, where it is number 1,
// has its name, and the number that the host knows it by.
func TestPIDNamespace(t *testing.T) {
	live(t)
	const n = 50
	b := startBed(t, bedOptions{})
	name := serviceName("inner")
	server := startServer(t, name, process.Command{
		Path: process.Build(t, "testbed/cmd/goserver"), SysProcAttr: &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID},
	})
	sendAll(t, server.Address, n)
	b.waitBudget(t, name, "http_availability", n, patience)
	b.Terminate(t)
	assert.Equal(t, n, b.owners(t, ptrace.SpanKindServer)[owner{name, "goserver", strconv.Itoa(server.PID())}])
}

// TestOwners: requests belong to the process that read them, whoever had the
// connection, the listening socket or the pid before.
func TestOwners(t *testing.T) {
	live(t)
	const n = 20
	// how many requests each hand answers, over how many connections
	tests := map[string]struct {
		turns       []int // by connection
		first, last int
		sameName    bool // a fork has the environment of its parent
	}{
		"exec":  {turns: []int{2 * n, n}, first: n, last: 2 * n},
		"fork":  {turns: []int{2 * n}, first: n, last: n, sameName: true},
		"pass":  {turns: []int{2 * n}, first: n, last: n},
		"reuse": {turns: []int{n, n}, first: n, last: n},
	}
	b := startBed(t, bedOptions{})
	want := map[owner]int{}
	for mode, tt := range tests {
		first, second := serviceName(mode+"-first"), serviceName(mode+"-second")
		p, err := process.Start(process.Command{
			Path: "/usr/bin/python3", Args: []string{process.Root(t) + "/testbed/e2e/testdata/owners.py", mode, strconv.Itoa(n)},
			Env: []string{"OTEL_SERVICE_NAME=" + first, "SECOND=" + second},
		})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, p.Kill()) })
		port, err := p.WaitStdout("ready ", patience)
		require.NoError(t, err)
		for _, turns := range tt.turns {
			c := dial(t, "127.0.0.1:"+strings.TrimPrefix(port, "ready "))
			for range turns {
				c.ask(t, "/")
			}
			require.NoError(t, c.Close())
		}
		select {
		case <-p.Ended():
		case <-time.After(patience):
			require.Fail(t, "it did not end", mode)
		}
		require.Zero(t, p.ExitCode(), p.Stderr())
		executable, err := os.Readlink("/usr/bin/python3")
		require.NoError(t, err)
		var pids [2]string
		for line := range strings.Lines(p.Stdout()) {
			if hand, ok := strings.CutPrefix(strings.TrimSpace(line), "pid first "); ok {
				pids[0] = hand
			} else if hand, ok := strings.CutPrefix(strings.TrimSpace(line), "pid second "); ok {
				pids[1] = hand
			}
		}
		require.Equal(t, mode == "exec" || mode == "reuse", pids[0] == pids[1], mode)
		if tt.sameName {
			second = first
		}
		want[owner{first, executable, pids[0]}] = tt.first
		want[owner{second, executable, pids[1]}] = tt.last
	}
	b.Terminate(t)
	got := map[owner]int{}
	for o, n := range b.owners(t, ptrace.SpanKindServer) {
		if strings.Contains(o.service, "-first-") || strings.Contains(o.service, "-second-") {
			got[o] = n
		}
	}
	assert.Equal(t, want, got)
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/goserver"
	"github.com/sloe-dev/sloe/testbed/workload/load"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// startServer starts a Go server with a service's name, in a way of its own.
func startServer(t *testing.T, name string, how process.Command) *goserver.Server {
	t.Helper()
	how.Env = append(how.Env, "OTEL_SERVICE_NAME="+name)
	return goserver.StartCommand(t, how)
}

// portOf an address.
func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return port
}

// sendAll sends n requests over 10 connections from a process with a name.
func sendAll(t *testing.T, address string, n int) {
	t.Helper()
	r, err := load.Run(t.Context(), load.Plan{Address: address, Connections: 10, Steps: []load.Step{{Target: "/ok", Count: n}}})
	require.NoError(t, err)
	require.Zero(t, r.Failed, r.FirstError)
}

// TestProcessLists: of two servers under the same load one is counted exactly, and
// nothing of the other comes out.
func TestProcessLists(t *testing.T) {
	live(t)
	const n = 3000
	program, billing := copies(t)
	type servers struct{ wanted, other *goserver.Server }
	tests := map[string]struct {
		how   func(t *testing.T, wanted, other *process.Command)
		lists func(t *testing.T, s servers) string // flow style
		// more of the receiver's configuration; the collector stands still during the load
		more    string
		stalled bool
		user    *syscall.SysProcAttr
		// kubernetes is the namespace and pod that the wanted one's spans are to name
		kubernetes string
	}{
		"excluded by executable": {
			how:   func(_ *testing.T, _, other *process.Command) { other.Path = billing },
			lists: func(*testing.T, servers) string { return "exclude: [{executable: billing}]" },
		},
		"excluded by executable, a ring of 64 KiB and a reader that stands still": {
			how:   func(_ *testing.T, _, other *process.Command) { other.Path = billing },
			lists: func(*testing.T, servers) string { return "exclude: [{executable: billing}]" },
			more:  "ring_buffer: 65536, ", stalled: true,
		},
		"included by port, a ring of 64 KiB and a reader that stands still": {
			lists: func(t *testing.T, s servers) string {
				return "include: [{port: " + portOf(t, s.wanted.Address) + "}]"
			},
			more: "ring_buffer: 65536, ", stalled: true,
		},
		"excluded by port": {
			lists: func(t *testing.T, s servers) string {
				return "exclude: [{port: " + portOf(t, s.other.Address) + "}]"
			},
		},
		"included by command line": {
			how:   func(_ *testing.T, wanted, _ *process.Command) { wanted.Args = []string{"-address", "127.0.0.2:0"} },
			lists: func(*testing.T, servers) string { return "include: [{command_line: '*goserver -address 127.0.0.2:*'}]" },
		},
		"included by user": {
			how: func(_ *testing.T, wanted, _ *process.Command) {
				wanted.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			},
			lists: func(*testing.T, servers) string { return "include: [{user: nobody}]" },
		},
		"included by cgroup": {
			how: func(t *testing.T, wanted, _ *process.Command) {
				wanted.SysProcAttr = inCgroup(t, "sloe-test.slice/shop.service")
			},
			lists: func(*testing.T, servers) string { return "include: [{cgroup: '*/sloe-test.slice/shop.service'}]" },
		},
		"included by container, without root's powers": {
			how: func(t *testing.T, wanted, _ *process.Command) {
				wanted.SysProcAttr = inCgroup(t, "sloe-docker/docker-"+strings.Repeat("0123456789abcdef", 4)+".scope")
			},
			lists: func(*testing.T, servers) string { return "include: [{container: '0123456789ab'}]" },
			user:  unprivileged(),
		},
		"included by Kubernetes namespace and pod": {
			how: func(t *testing.T, wanted, _ *process.Command) {
				wanted.SysProcAttr = inCgroup(t, "sloe-kubepods.slice/kubepods-burstable-pod0a1b2c3d_0a1b_0a1b_0a1b_0a1b2c3d4e5f.slice/cri-containerd-"+
					strings.Repeat("0123456789abcdef", 4)+".scope")
			},
			lists: func(t *testing.T, _ servers) string {
				logs := filepath.Join(t.TempDir(), "pods")
				require.NoError(t, os.MkdirAll(filepath.Join(logs, "web_shop-7d9c_0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"), 0o755))
				return fmt.Sprintf("pod_logs: %q, include: [{kubernetes_namespace: 'we?', kubernetes_pod: 'shop-*'}]", logs)
			},
			kubernetes: "web/shop-7d9c",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			wantedHow, otherHow := process.Command{Path: program}, process.Command{Path: program}
			if tt.how != nil {
				tt.how(t, &wantedHow, &otherHow)
			}
			wantedName, otherName := serviceName("wanted"), serviceName("other")
			s := servers{startServer(t, wantedName, wantedHow), startServer(t, otherName, otherHow)}
			b := startBed(t, bedOptions{ebpf: "{" + tt.more + "processes: {" + tt.lists(t, s) + "}}", user: tt.user})
			if tt.stalled {
				b.Pause(t)
			}
			for range 2 { // the second time the kernel knows
				sendAll(t, s.wanted.Address, n)
				sendAll(t, s.other.Address, n)
				if tt.stalled {
					b.Resume(t)
				}
				time.Sleep(time.Second)
			}
			b.waitBudget(t, wantedName, "http_availability", 2*n, patience)
			b.Terminate(t)
			require.EqualValues(t, 2*n, s.other.Counts(t).Total(200, 200), "the other one served as many")
			all := b.tallies(t)
			y := all[wantedName]
			require.NotNil(t, y)
			assert.EqualValues(t, 2*n, y.server(), "spans and unspanned")
			assert.EqualValues(t, 2*n, y.Histogram[semconv.HTTPServerRequestDuration+" fine"], "histogram")
			assert.EqualValues(t, 2*n, y.SLI["http_availability good"])
			assert.Nil(t, all[otherName], "it is left out")
			if tt.stalled {
				assert.NotZero(t, y.unspanned(), "the ring was to be too small")
			}
			if tt.kubernetes != "" {
				assert.Equal(t, tt.kubernetes, b.pods(t)[wantedName])
			}
		})
	}
}

// pods returns namespace/name of the pod that spans name, by service.
func (b *bed) pods(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, td := range b.Traces(t, "spans.json") {
		for _, rs := range td.ResourceSpans().All() {
			m := rs.Resource().Attributes()
			out[str(m, semconv.ServiceName)] = str(m, semconv.K8SNamespaceName) + "/" + str(m, semconv.K8SPodName)
		}
	}
	return out
}

// copies are the Go server under its name and under another one, where everyone
// may execute them.
func copies(t *testing.T) (program, billing string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "sloe-e2e")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	built, err := os.ReadFile(process.Build(t, "testbed/cmd/goserver"))
	require.NoError(t, err)
	program, billing = filepath.Join(dir, "goserver"), filepath.Join(dir, "billing")
	for _, path := range []string{program, billing} {
		require.NoError(t, os.WriteFile(path, built, 0o755))
	}
	return program, billing
}

// inCgroup is for a process in a new cgroup of the unified hierarchy.
func inCgroup(t *testing.T, name string) *syscall.SysProcAttr {
	t.Helper()
	root := unified(t)
	dir := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	f, err := os.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, f.Close())
		for d := dir; d != root; d = filepath.Dir(d) {
			assert.Eventually(t, func() bool { return os.Remove(d) == nil }, 10*time.Second, 20*time.Millisecond, d)
		}
	})
	return &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(f.Fd())}
}

// unified finds where the unified hierarchy is mounted.
func unified(t *testing.T) string {
	t.Helper()
	f, err := os.Open("/proc/self/mounts")
	require.NoError(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if fields := strings.Fields(s.Text()); fields[2] == "cgroup2" {
			return fields[1]
		}
	}
	require.Fail(t, "the unified hierarchy of cgroups is not mounted")
	return ""
}

// TestListsChange: a changed file is put in force under load, without detaching. A
// server that is in the lists before and after loses no count, on connections as
// old as the collector; one that is left out stops to be counted, and counts again
// from its next request on when it is back.
func TestListsChange(t *testing.T) {
	live(t)
	const rounds, perRound = 5, 400
	wantedName, otherName := serviceName("wanted"), serviceName("other")
	program, billing := copies(t)
	wanted, other := startServer(t, wantedName, process.Command{Path: program}), startServer(t, otherName, process.Command{Path: billing})
	callers := map[*goserver.Server][]*caller{}
	for _, s := range []*goserver.Server{wanted, other} {
		for range 20 {
			callers[s] = append(callers[s], dial(t, s.Address))
		}
	}
	file := filepath.Join(t.TempDir(), "processes.yaml")
	put := func(lists string) {
		require.NoError(t, os.WriteFile(file+".new", []byte(lists), 0o644))
		require.NoError(t, os.Rename(file+".new", file))
	}
	const everything, without = "include: [{executable: goserver}, {executable: billing}]\n", "include: [{executable: goserver}]\nexclude: [{port: 1}]\n"
	put(everything)
	b := startBed(t, bedOptions{ebpf: fmt.Sprintf("{processes: {file: %q, reload_interval: 100ms}}", file)})
	ask := func(s *goserver.Server, n int) {
		for i := range n {
			callers[s][i%len(callers[s])].ask(t, "/ok")
		}
	}
	changes := 0
	change := func(lists string) {
		put(lists)
		changes++
		require.Eventually(t, func() bool { return strings.Count(b.Stderr(), "The process lists changed.") == changes }, patience, 20*time.Millisecond)
	}
	stop, stopped := make(chan struct{}), make(chan int)
	go func() { // all the time, over one more connection
		sent := 0
		c := dial(t, wanted.Address)
		for {
			select {
			case <-stop:
				stopped <- sent
				return
			default:
				c.ask(t, "/ok")
				sent++
			}
		}
	}()
	counted := 0
	for range rounds {
		ask(other, perRound)
		ask(wanted, perRound)
		counted += perRound
		// what is on its way is decided by the lists that are in force when it is read
		b.waitBudget(t, otherName, "http_availability", uint64(counted), patience)
		change(without)
		ask(other, perRound)
		ask(wanted, perRound)
		change(everything)
	}
	close(stop)
	always := <-stopped
	b.waitBudget(t, wantedName, "http_availability", uint64(2*rounds*perRound+always), patience)
	b.Terminate(t)
	all := b.tallies(t)
	assert.EqualValues(t, 2*rounds*perRound+always, all[wantedName].server())
	assert.EqualValues(t, 2*rounds*perRound+always, wanted.Counts(t).Total(200, 200))
	assert.EqualValues(t, rounds*perRound, all[otherName].server())
	assert.EqualValues(t, 2*rounds*perRound, other.Counts(t).Total(200, 200))
	assert.Equal(t, 1, strings.Count(b.Stderr(), "Counting requests in the kernel"), "attached once")
	assert.Greater(t, always, 2*rounds, "there was load all the time")
}

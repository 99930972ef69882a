// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/load"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// seen is how long a request may take to be in /v1/budgets.
const seen = 2 * time.Second

// patience is how long a test waits whose matter is the count, not the time.
const patience = 20 * time.Second

// live ends tests that load programs into the kernel where they are not wanted,
// and fails them where they cannot run.
func live(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("live: loads programs into this kernel, as root; make test runs it")
	}
	require.Zero(t, os.Geteuid(), "live tests need root; make test-unit runs those that do not")
}

// startPython starts `python3 -m http.server` in an empty directory and returns
// its address. It sends no request: the counts are those of the test.
func startPython(t *testing.T) string {
	t.Helper()
	address := nginxbed.FreeAddress(t)
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	p, err := process.Start(process.Command{
		Path: "/usr/bin/python3", Args: []string{"-u", "-m", "http.server", "--bind", host, port}, Dir: t.TempDir(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	_, err = p.WaitStdout("Serving HTTP", 10*time.Second)
	require.NoError(t, err)
	return address
}

// A newcomer types make run, sends requests to what runs on the host, and finds
// them by name.
func TestQuickstart(t *testing.T) {
	live(t)
	root := process.Root(t)
	address := nginxbed.FreeAddress(t)
	collector, err := process.Start(process.Command{
		Path: filepath.Join(root, "distribution", "quickstart.sh"),
		Env:  []string{"SLOE_BUDGET_ADDRESS=" + address, "SLOE_STORAGE_DIRECTORY=" + filepath.Join(t.TempDir(), "state")},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, collector.Kill()) })
	_, err = collector.WaitStderr("Everything is ready", time.Minute)
	require.NoError(t, err)
	assert.Contains(t, collector.Stdout(), "http://"+address+"/", "it says what to open")

	nginx := nginxbed.Start(t, nginxbed.Options{Locations: map[string]int{"/ok": 200, "/bad": 500}})
	python := startPython(t)
	program := process.Build(t, "testbed/cmd/load")
	requests := func(to string, steps ...load.Step) {
		r := load.RunProcess(t, program, load.Plan{Address: to, Connections: 3, Steps: steps}, 30*time.Second)
		require.Zero(t, r.Failed, r.FirstError)
	}
	requests(nginx.Address, load.Step{Target: "/ok", Count: 97}, load.Step{Target: "/bad", Count: 3})
	requests(python, load.Step{Target: "/", Count: 20})

	budgets := waitForServices(t, seen, address, map[string]uint64{"nginx": 100, "http.server": 20})
	availability := sloOf(t, budgets["nginx"], slo.HTTPAvailability)
	assert.Equal(t, uint64(97), availability.Good)
	assert.Equal(t, uint64(3), availability.Bad)
	for name := range budgets {
		assert.NotContains(t, name, "python3", "an interpreter is no service")
	}
	_, err = collector.WaitStderr("Traces", seen)
	assert.NoError(t, err, "spans are on the terminal")

	assertPage(t, address, "nginx", "http.server")
	assertSloectl(t, address)
	require.NoError(t, collector.Stop(time.Minute))
}

// waitForServices waits until each service has exactly so many valid events of
// http_availability, for so long at most, and returns all services by name.
func waitForServices(t *testing.T, within time.Duration, address string, valid map[string]uint64) map[string]budgetapi.ServiceBudget {
	t.Helper()
	services := map[string]budgetapi.ServiceBudget{}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var answer budgetapi.Budgets
		status, err := collectorbed.GetJSON("http://"+address+"/v1/budgets", &answer)
		require.NoError(c, err)
		require.Equal(c, 200, status)
		clear(services)
		for _, s := range answer.Services {
			services[s.Name] = s
		}
		for name, want := range valid {
			require.Equal(c, want, objective(services[name], slo.HTTPAvailability).Valid, name)
		}
	}, within, 50*time.Millisecond)
	return services
}

func sloOf(t *testing.T, s budgetapi.ServiceBudget, name string) budgetapi.SLO {
	t.Helper()
	for _, o := range s.SLOs {
		if o.Name == name {
			return o
		}
	}
	require.Fail(t, fmt.Sprintf("%s has no objective %s", s.Name, name))
	return budgetapi.SLO{}
}

func assertPage(t *testing.T, address string, services ...string) {
	t.Helper()
	out, err := process.Run("/usr/bin/curl", "--silent", "--fail", "http://"+address+"/")
	require.NoError(t, err)
	for _, name := range services {
		assert.Contains(t, out, name, "the page names the service")
	}
}

// assertSloectl asks as the banner tells a newcomer to.
func assertSloectl(t *testing.T, address string) {
	t.Helper()
	sloectl := filepath.Join(process.Root(t), "bin", "sloectl")
	out, err := process.Run(sloectl, "budgets", "--endpoint", "http://"+address)
	require.NoError(t, err)
	assert.Contains(t, out, "nginx")
	assert.Contains(t, out, "http.server")

	// 3 of 100 failed, and 5 of 1,000 may: the budget of nginx is spent.
	out, err = process.Run(sloectl, "gate", "nginx", "--output", "json", "--endpoint", "http://"+address)
	assert.ErrorContains(t, err, "exit status 2")
	var gate budgetapi.Gate
	require.NoError(t, json.Unmarshal([]byte(out), &gate), out)
	assert.Equal(t, budgetapi.StateFreeze, gate.State)
	assert.False(t, gate.Allow)
	out, err = process.Run(sloectl, "gate", "http.server", "--endpoint", "http://"+address)
	assert.NoError(t, err)
	assert.Contains(t, strings.ToUpper(out), budgetapi.StateNormal)
}

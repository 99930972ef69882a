// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/load"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// startQuickstart starts the quick start's configuration as a user and returns
// the address of its budgets.
func startQuickstart(t *testing.T, user *syscall.SysProcAttr) (*collectorbed.Collector, string) {
	t.Helper()
	configs := filepath.Join(process.Root(t), "distribution", "configs")
	config, err := os.ReadFile(filepath.Join(configs, "quickstart.yaml"))
	require.NoError(t, err)
	catalogue, err := os.ReadFile(filepath.Join(configs, "quickstart_catalog.yaml"))
	require.NoError(t, err)
	address := nginxbed.FreeAddress(t)
	return collectorbed.Launch(t, collectorbed.Options{
		Program: collectorbed.Program(t), Config: string(config), SysProcAttr: user,
		Files: map[string]string{"catalogue.yaml": string(catalogue)},
		Env: []string{
			"SLOE_BUDGET_ADDRESS=" + address, "SLOE_SPAN_EXPORTER=nop",
			// The collector runs in its own directory.
			"SLOE_CATALOGUE=catalogue.yaml", "SLOE_STORAGE_DIRECTORY=state",
		},
	}), address
}

func TestAnOrdinaryUserIsToldWhatIsMissing(t *testing.T) {
	live(t)
	for name, tt := range map[string]struct {
		has     []uintptr
		missing []string
	}{
		"none":         {nil, []string{"CAP_BPF", "CAP_PERFMON"}},
		"CAP_BPF only": {[]uintptr{unix.CAP_BPF}, []string{"CAP_PERFMON"}},
	} {
		t.Run(name, func(t *testing.T) {
			collector, _ := startQuickstart(t, collectorbed.OrdinaryUser(tt.has...))
			select {
			case <-collector.Ended():
			case <-time.After(30 * time.Second):
				t.Fatal("the collector runs without the capabilities it needs")
			}
			assert.NotZero(t, collector.ExitCode())
			for _, capability := range tt.missing {
				assert.Contains(t, collector.Stderr(), capability)
			}
		})
	}
}

// Two capabilities and no root are enough to count another user's nginx, and to
// name it.
func TestTwoCapabilitiesAreEnough(t *testing.T) {
	live(t)
	collector, address := startQuickstart(t, collectorbed.OrdinaryUser(unix.CAP_BPF, unix.CAP_PERFMON))
	_, err := collector.WaitStderr("Everything is ready", time.Minute)
	require.NoError(t, err)

	nginx := nginxbed.Start(t, nginxbed.Options{Locations: map[string]int{"/ok": 200, "/bad": 502}, Workers: 2})
	sent := load.RunProcess(t, process.Build(t, "testbed/cmd/load"), load.Plan{
		Address: nginx.Address, Connections: 10,
		Steps: []load.Step{{Target: "/ok", Count: 1900}, {Target: "/bad", Count: 100}},
	}, time.Minute)
	require.Zero(t, sent.Failed, sent.FirstError)
	logged := nginx.WaitCounts(t, 2000)

	services := waitForServices(t, patience, address, map[string]uint64{"nginx": 2000})
	availability := sloOf(t, services["nginx"], slo.HTTPAvailability)
	assert.Equal(t, logged.Total(100, 499), availability.Good)
	assert.Equal(t, logged.Total(500, 599), availability.Bad)
	require.NoError(t, collector.Stop(time.Minute))
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/goserver"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// bed is a started collector with the whole slice: ebpf -> service_name -> sli ->
// error_budget, everything that passes written to files.
type bed struct {
	*collectorbed.Collector
	api string
	// self is where the collector serves its own metrics.
	self    string
	options collectorbed.Options
}

// bedOptions change the configuration of a bed.
type bedOptions struct {
	ebpf      string // YAML under the receiver, flow style
	catalogue string
	user      *syscall.SysProcAttr
	config    string   // in place of bedConfig, with the same two blanks
	env       []string // of the collector
}

const bedConfig = `
receivers:
  ebpf: %s
processors:
  service_name:
connectors:
  sli:
    metrics_flush_interval: 1s
exporters:
  nop:
  file/spans: {path: "${env:SLOE_TEST_DIR}/spans.json"}
  file/metrics: {path: "${env:SLOE_TEST_DIR}/metrics.json"}
  file/sli: {path: "${env:SLOE_TEST_DIR}/sli.json"}
extensions:
  error_budget:
    http: {endpoint: "%s"}
    catalogue: "${env:SLOE_TEST_DIR}/catalogue.yaml"
    storage_directory: "${env:SLOE_TEST_DIR}/budgets"
service:
  extensions: [error_budget]
  telemetry: {metrics: {level: normal, readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: "${env:SLOE_TEST_SELF_PORT}"}}}}]}}
  pipelines:
    traces: {receivers: [ebpf], processors: [service_name], exporters: [sli, "${env:SLOE_TEST_SPANS_TO:-file/spans}"]}
    metrics: {receivers: [ebpf], processors: [service_name], exporters: [sli, file/metrics]}
    metrics/sli: {receivers: [sli], exporters: [file/sli]}
`

func startBed(t testing.TB, o bedOptions) *bed {
	t.Helper()
	live(t)
	if o.ebpf == "" {
		o.ebpf = "{}"
	}
	if o.config == "" {
		o.config = bedConfig
	}
	if o.catalogue == "" {
		o.catalogue = "services: []\n"
	}
	address, self := nginxbed.FreeAddress(t), nginxbed.FreeAddress(t)
	_, selfPort, err := net.SplitHostPort(self)
	require.NoError(t, err)
	b := &bed{api: "http://" + address, self: "http://" + self + "/metrics", options: collectorbed.Options{
		Program:     collectorbed.Program(t),
		Config:      fmt.Sprintf(o.config, o.ebpf, address),
		Env:         append(o.env, "SLOE_TEST_SELF_PORT="+selfPort),
		Files:       map[string]string{"catalogue.yaml": o.catalogue},
		SysProcAttr: o.user,
	}}
	b.Collector = collectorbed.Start(t, b.options)
	return b
}

// unprivileged is what the receiver needs and no more.
func unprivileged() *syscall.SysProcAttr {
	return collectorbed.OrdinaryUser(unix.CAP_BPF, unix.CAP_PERFMON)
}

// gate asks for the state of a service.
func (b *bed) gate(t testing.TB, service string) budgetapi.Gate {
	t.Helper()
	var a budgetapi.Gate
	status, err := collectorbed.GetJSON(b.api+"/v1/gate/"+service, &a)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	return a
}

// budgets returns what is served of all services, by name.
func (b *bed) budgets(t testing.TB) map[string]budgetapi.ServiceBudget {
	t.Helper()
	var answer budgetapi.Budgets
	status, err := collectorbed.GetJSON(b.api+"/v1/budgets", &answer)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	out := map[string]budgetapi.ServiceBudget{}
	for _, s := range answer.Services {
		out[s.Name] = s
	}
	return out
}

// waitBudget waits until a service's objective has so many valid events, and
// fails with what it has instead.
func (b *bed) waitBudget(t testing.TB, service, slo string, valid uint64, timeout time.Duration) budgetapi.SLO {
	t.Helper()
	var last budgetapi.SLO
	deadline := time.Now().Add(timeout)
	for {
		last = objective(b.budgets(t)[service], slo)
		if last.Valid == valid {
			return last
		}
		if time.Now().After(deadline) {
			require.Equal(t, valid, last.Valid, "valid events of %s %s after %s; known services: %s", service, slo, timeout, b.names(t))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// waitUncertain waits until a service's objective has so many uncertain events.
func (b *bed) waitUncertain(t testing.TB, service, slo string, n uint64, timeout time.Duration) {
	t.Helper()
	deadline := time.Now().Add(timeout)
	for {
		have := objective(b.budgets(t)[service], slo).Uncertain
		if have == n {
			return
		}
		if time.Now().After(deadline) {
			require.Equal(t, n, have, "uncertain events of %s %s after %s", service, slo, timeout)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (b *bed) names(t testing.TB) string {
	var names []string
	for n := range b.budgets(t) {
		names = append(names, n)
	}
	return strings.Join(names, ", ")
}

// objective returns an objective of a service, empty if it has none of the name.
func objective(s budgetapi.ServiceBudget, name string) budgetapi.SLO {
	for _, o := range s.SLOs {
		if o.Name == name {
			return o
		}
	}
	return budgetapi.SLO{Name: name}
}

func codes(reasons []budgetapi.Reason) []string {
	var out []string
	for _, r := range reasons {
		out = append(out, r.Code)
	}
	return out
}

var services atomic.Int64

// serviceName makes a name that no other process on the host has: other tests,
// and whatever else runs here, are counted too.
func serviceName(program string) string {
	return fmt.Sprintf("%s-%d-%d", program, os.Getpid(), services.Add(1))
}

// startGoServer starts a Go server that its environment gives the name.
func startGoServer(t testing.TB, name string) *goserver.Server {
	t.Helper()
	return startGoServerOn(t, name, "127.0.0.1:0")
}

// startGoServerOn is startGoServer on an address (see testbed/workload/address).
func startGoServerOn(t testing.TB, name, address string) *goserver.Server {
	t.Helper()
	return goserver.StartCommand(t, process.Command{
		Path: process.Build(t, "testbed/cmd/goserver"), Env: []string{"OTEL_SERVICE_NAME=" + name},
		Args: []string{"-address", address},
	})
}

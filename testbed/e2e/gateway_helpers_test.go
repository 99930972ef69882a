// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// gatewayConfig is a collector without the eBPF receiver: OTLP in, budgets out.
const gatewayConfig = `
receivers:
  otlp: {protocols: {http: {endpoint: "${env:OTLP_ADDRESS}"}}}
connectors:
  sli:
exporters:
  nop:
extensions:
  error_budget:
    http: {endpoint: "${env:BUDGET_ADDRESS}"}
    catalogue: ${env:SLOE_TEST_DIR}/catalogue.yaml
    storage_directory: ${env:SLOE_TEST_DIR}/state
service:
  telemetry: {metrics: {level: none}}
  extensions: [error_budget]
  pipelines:
    traces: {receivers: [otlp], exporters: [sli]}
    metrics: {receivers: [otlp], exporters: [sli]}
    metrics/indicators: {receivers: [sli], exporters: [nop]}
`

// gateway is a started collector with gatewayConfig.
type gateway struct {
	*collectorbed.Collector
	otlp, budget string // URLs
}

// startGateway starts one; dir is the directory of an earlier one, or empty.
func startGateway(t *testing.T, catalogue, dir string) gateway {
	t.Helper()
	otlp, budget := nginxbed.FreeAddress(t), nginxbed.FreeAddress(t)
	return gateway{
		Collector: collectorbed.Start(t, collectorbed.Options{
			Program: collectorbed.Program(t), Config: gatewayConfig, Dir: dir,
			Files: map[string]string{"catalogue.yaml": catalogue},
			Env:   []string{"OTLP_ADDRESS=" + otlp, "BUDGET_ADDRESS=" + budget},
		}),
		otlp: "http://" + otlp, budget: "http://" + budget,
	}
}

// post sends a message as OTLP and tells whether the collector took it.
func (g gateway) post(path string, message []byte) error {
	response, err := http.Post(g.otlp+path, "application/x-protobuf", bytes.NewReader(message))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		return &httpError{response.Status, string(body)}
	}
	return nil
}

type httpError struct{ status, body string }

func (e *httpError) Error() string { return e.status + ": " + e.body }

func (g gateway) sendTraces(t *testing.T, traces ptrace.Traces) {
	t.Helper()
	var m ptrace.ProtoMarshaler
	raw, err := m.MarshalTraces(traces)
	require.NoError(t, err)
	require.NoError(t, g.post("/v1/traces", raw))
}

func (g gateway) sendMetrics(t *testing.T, metrics pmetric.Metrics) {
	t.Helper()
	var m pmetric.ProtoMarshaler
	raw, err := m.MarshalMetrics(metrics)
	require.NoError(t, err)
	require.NoError(t, g.post("/v1/metrics", raw))
}

// unspanned is sloe.unspanned.duration with so many good and bad fast requests of
// a service, as a receiver sends them that spilled all.
func unspanned(service string, good, bad uint64) pmetric.Metrics {
	metrics := pmetric.NewMetrics()
	resource := metrics.ResourceMetrics().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, service)
	m := resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(semconv.UnspannedDuration)
	m.SetUnit("s")
	h := m.SetEmptyHistogram()
	h.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	now := time.Now()
	for class, count := range map[string]uint64{"2xx": good, "5xx": bad} {
		p := h.DataPoints().AppendEmpty()
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Second)))
		p.SetTimestamp(pcommon.NewTimestampFromTime(now))
		p.SetCount(count)
		p.SetSum(float64(count) * 0.01)
		p.ExplicitBounds().FromRaw([]float64{0.05, 0.2, 0.5, 2})
		p.BucketCounts().FromRaw([]uint64{count, 0, 0, 0, 0})
		p.Attributes().PutStr(semconv.Kind, semconv.KindServer)
		p.Attributes().PutStr(semconv.Protocol, semconv.ProtocolHTTP)
		p.Attributes().PutStr(semconv.StatusClass, class)
	}
	return metrics
}

// unmeasured makes requests of a service's server that are known to have been, and
// that nothing else is known of.
func unmeasured(service string, n uint64) pmetric.Metrics {
	metrics := pmetric.NewMetrics()
	resource := metrics.ResourceMetrics().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, service)
	m := resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(semconv.UnmeasuredExchanges)
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	p := sum.DataPoints().AppendEmpty()
	now := time.Now()
	p.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Second)))
	p.SetTimestamp(pcommon.NewTimestampFromTime(now))
	p.SetIntValue(int64(n))
	p.Attributes().PutStr(semconv.Kind, semconv.KindServer)
	p.Attributes().PutStr(semconv.Protocol, semconv.ProtocolHTTP)
	p.Attributes().PutStr(semconv.UnmeasuredReason, "gap")
	return metrics
}

// waitForValid waits until an indicator of a service has so many valid events,
// and returns the service.
func (g gateway) waitForValid(t *testing.T, service, indicator string, valid uint64) budgetapi.ServiceBudget {
	t.Helper()
	var found budgetapi.ServiceBudget
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var answer budgetapi.Budgets
		_, err := collectorbed.GetJSON(g.budget+"/v1/budgets", &answer)
		require.NoError(c, err)
		found = budgetapi.ServiceBudget{}
		for _, s := range answer.Services {
			if s.Name == service {
				found = s
			}
		}
		require.Equal(c, valid, objective(found, indicator).Valid)
	}, patience, 20*time.Millisecond)
	return found
}

// sloectl runs the built sloectl and returns its exit code and output.
func sloectl(t *testing.T, args ...string) (int, string) {
	t.Helper()
	p, err := process.Start(process.Command{Path: filepath.Join(process.Root(t), "bin", "sloectl"), Args: args})
	require.NoError(t, err, "not built: run make build")
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	return p.ExitCode(), p.Stdout()
}

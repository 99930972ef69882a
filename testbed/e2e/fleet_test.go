// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// agentConfig decides good and bad on its own host, and sends the counts.
const agentConfig = `
receivers:
  otlp: {protocols: {http: {endpoint: "${env:OTLP_ADDRESS}"}}}
connectors:
  sli:
    catalogue: ${env:SLOE_TEST_DIR}/catalogue.yaml
    metrics_flush_interval: 100ms
exporters:
  otlp_http: {endpoint: "${env:GATEWAY}"}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [sli]}
    metrics: {receivers: [sli], exporters: [otlp_http]}
`

func startAgent(t *testing.T, to gateway) gateway {
	t.Helper()
	address := nginxbed.FreeAddress(t)
	return gateway{otlp: "http://" + address, Collector: collectorbed.Start(t, collectorbed.Options{
		Program: collectorbed.Program(t), Config: agentConfig,
		Files: map[string]string{"catalogue.yaml": policyCatalogue},
		Env:   []string{"OTLP_ADDRESS=" + address, "GATEWAY=" + to.otlp},
	})}
}

// requests are spans of shop: good, and bad ones of 503.
func requests(t *testing.T, good, bad int) ptrace.Traces {
	t.Helper()
	span := func(status int) map[string]any {
		return map[string]any{semconv.HTTPRequestMethod: "GET", semconv.HTTPResponseStatusCode: status}
	}
	return sdkTraces(t, "shop", []sdkSpan{
		{ptrace.SpanKindServer, span(200), time.Millisecond, false, good},
		{ptrace.SpanKindServer, span(503), time.Millisecond, true, bad},
	})
}

// Two agents count for one service; one of them ends and comes again. Each of
// their requests is in the gateway's budget once, however often its cumulative
// count was sent.
func TestCountsOfAFleetAddUp(t *testing.T) {
	g := startGateway(t, policyCatalogue, "")
	first, second := startAgent(t, g), startAgent(t, g)
	first.sendTraces(t, requests(t, 90, 10))
	second.sendTraces(t, requests(t, 40, 2))
	g.waitForValid(t, "shop", slo.HTTPAvailability, 142)

	first.Terminate(t) // it sends what it has
	again := startAgent(t, g)
	again.sendTraces(t, requests(t, 7, 1))
	second.sendTraces(t, requests(t, 5, 0))
	service := g.waitForValid(t, "shop", slo.HTTPAvailability, 155)
	assert.Equal(t, uint64(13), sloOf(t, service, slo.HTTPAvailability).Bad)

	time.Sleep(500 * time.Millisecond) // five more exports of the same counts
	g.waitForValid(t, "shop", slo.HTTPAvailability, 155)
	again.Terminate(t)
	second.Terminate(t)
	g.Terminate(t)
}

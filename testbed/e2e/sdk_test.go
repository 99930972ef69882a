// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// sdkSpan describes spans as an SDK sends them.
type sdkSpan struct {
	kind       ptrace.SpanKind
	attributes map[string]any
	duration   time.Duration
	failed     bool
	count      int
}

func sdkTraces(t *testing.T, service string, spans []sdkSpan) ptrace.Traces {
	t.Helper()
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, service)
	scope := resource.ScopeSpans().AppendEmpty()
	now := time.Now()
	for _, s := range spans {
		for range s.count {
			span := scope.Spans().AppendEmpty()
			span.SetName("operation")
			span.SetKind(s.kind)
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-s.duration)))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(now))
			assert.NoError(t, span.Attributes().FromRaw(s.attributes))
			if s.failed {
				span.Status().SetCode(ptrace.StatusCodeError)
			}
		}
	}
	return traces
}

// Spans of SDKs become budgets without our receiver: HTTP, gRPC and databases.
func TestSpansOfSDKs(t *testing.T) {
	g := startGateway(t, "services:\n  - {name: shop, tier: tier2, team: shop}\n", "")
	const fast, slow = 20 * time.Millisecond, 1200 * time.Millisecond // tier2: 500 ms
	g.sendTraces(t, sdkTraces(t, "shop", []sdkSpan{
		{ptrace.SpanKindServer, map[string]any{semconv.HTTPRequestMethod: "GET", semconv.HTTPResponseStatusCode: 200}, fast, false, 70},
		{ptrace.SpanKindServer, map[string]any{semconv.HTTPMethodOld: "GET", semconv.HTTPStatusCodeOld: 404}, slow, false, 20},
		{ptrace.SpanKindServer, map[string]any{semconv.HTTPRequestMethod: "POST", semconv.HTTPResponseStatusCode: 503}, fast, true, 10},
		{ptrace.SpanKindServer, map[string]any{semconv.RPCSystemName: "grpc", semconv.RPCMethod: "a.B/C", semconv.RPCResponseStatusCode: "OK"}, fast, false, 30},
		{ptrace.SpanKindServer, map[string]any{semconv.RPCSystemOld: "grpc", semconv.RPCGRPCStatusCodeOld: 14}, slow, true, 4},
		{ptrace.SpanKindServer, map[string]any{semconv.RPCSystemOld: "grpc", semconv.RPCGRPCStatusCodeOld: 5}, fast, false, 6},
		{ptrace.SpanKindClient, map[string]any{semconv.DBSystemName: "postgresql"}, fast, false, 8},
		{ptrace.SpanKindClient, map[string]any{semconv.DBSystemOld: "redis", semconv.ErrorType: "timeout"}, slow, true, 2},
		// Calls to other services are their indicators, not this one's.
		{ptrace.SpanKindClient, map[string]any{semconv.HTTPRequestMethod: "GET", semconv.HTTPResponseStatusCode: 500}, slow, true, 50},
	}))
	service := g.waitForValid(t, "shop", slo.HTTPAvailability, 100)
	for indicator, want := range map[string][2]uint64{
		slo.HTTPAvailability: {90, 10},
		slo.HTTPLatency:      {80, 20},
		slo.GRPCAvailability: {36, 4},
		slo.GRPCLatency:      {36, 4},
		slo.DBAvailability:   {8, 2},
		slo.DBLatency:        {8, 2},
	} {
		o := sloOf(t, service, indicator)
		assert.Equal(t, want, [2]uint64{o.Good, o.Bad}, "%s: good and bad", indicator)
	}
	g.Terminate(t)
}

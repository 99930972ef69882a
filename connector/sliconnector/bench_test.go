// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// spansOf returns traces of many services, shaped as the ebpf receiver and the
// SDKs send them: about a dozen attributes a span.
func spansOf(services, spansEach int) ptrace.Traces {
	td := ptrace.NewTraces()
	end := time.Unix(1_780_000_000, 0)
	for i := range services {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("process.executable.name", "nginx")
		rs.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", i))
		ss := rs.ScopeSpans().AppendEmpty()
		for j := range spansEach {
			s := ss.Spans().AppendEmpty()
			s.SetKind(ptrace.SpanKindServer)
			at := end.Add(time.Duration(j) * time.Millisecond)
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(at.Add(-3 * time.Millisecond)))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(at))
			a := s.Attributes()
			a.PutStr("http.request.method", "GET")
			a.PutStr("url.path", "/cart")
			a.PutStr("url.scheme", "http")
			a.PutStr("server.address", "shop")
			a.PutInt("server.port", 8080)
			a.PutStr("client.address", "10.0.0.7")
			a.PutInt("client.port", 41234)
			a.PutStr("network.peer.address", "10.0.0.7")
			a.PutStr("network.protocol.version", "1.1")
			a.PutStr("user_agent.original", "curl/8")
			a.PutStr("http.route", "/cart")
			a.PutInt("http.response.status_code", 200)
		}
	}
	return td
}

func benchmarkConsume(b *testing.B, services int, change func(*Config)) {
	benchmarkSpans(b, spansOf(services, spansEach/services), change)
}

const spansEach = 1000

// failing makes every so many-th span fail, and gives the service a version.
func failing(every int) ptrace.Traces {
	td := spansOf(1, spansEach)
	td.ResourceSpans().At(0).Resource().Attributes().PutStr("service.version", "1.4.2")
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i := 0; i < spans.Len(); i += every {
		spans.At(i).Attributes().PutInt("http.response.status_code", 503)
	}
	return td
}

func benchmarkSpans(b *testing.B, td ptrace.Traces, change func(*Config)) {
	const spans = spansEach
	r := startRig(b, change)
	defer r.stop(b)
	require.Equal(b, spans, td.SpanCount())
	b.ReportAllocs()
	for b.Loop() {
		if err := r.traces.ConsumeTraces(context.Background(), td); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
}

func BenchmarkConsumeTraces(b *testing.B) {
	b.Run("1 service", func(b *testing.B) { benchmarkConsume(b, 1, nil) })
	b.Run("100 services", func(b *testing.B) { benchmarkConsume(b, 100, nil) })
	b.Run("1 service with a version, 1 request in 100 fails", func(b *testing.B) { benchmarkSpans(b, failing(100), nil) })
	b.Run("1 service with a version, every request fails", func(b *testing.B) { benchmarkSpans(b, failing(1), nil) })
	b.Run("1 service, one indicator by conditions", func(b *testing.B) {
		benchmarkConsume(b, 1, func(c *Config) {
			c.SLIs = map[string]SLIConfig{"cart_answers": {Spans: ConditionsConfig{
				Valid: []string{`span.attributes["http.route"] == "/cart"`},
				Good:  []string{`span.attributes["http.response.status_code"] < 400`},
			}}}
		})
	})
}

// TestSpansDoNotAllocate: what a call allocates does not grow with its spans.
func TestSpansDoNotAllocate(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	allocations := func(td ptrace.Traces) float64 {
		return testing.AllocsPerRun(100, func() { _ = r.traces.ConsumeTraces(context.Background(), td) })
	}
	few, many := spansOf(1, 1), spansOf(1, 1000)
	require.Less(t, allocations(many), allocations(few)+10)
}

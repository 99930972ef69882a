// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// request adds a span that ends at a round minute and took so long.
func request(ss ptrace.ScopeSpans, kind ptrace.SpanKind, took time.Duration, attributes map[string]any) ptrace.Span {
	s := ss.Spans().AppendEmpty()
	s.SetKind(kind)
	end := time.Unix(1_780_000_020, 0)
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-took)))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	if err := s.Attributes().FromRaw(attributes); err != nil {
		panic(err)
	}
	return s
}

func resourceOf(td ptrace.Traces, service, version string) ptrace.ScopeSpans {
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr(semconv.ServiceName, service)
	if version != "" {
		rs.Resource().Attributes().PutStr(semconv.ServiceVersion, version)
	}
	return rs.ScopeSpans().AppendEmpty()
}

const ms = time.Millisecond

// What a bad span has in common with others is read off it, by the names of the
// conventions, current and old.
func TestCauses(t *testing.T) {
	type parts struct{ route, dependency, err string }
	for _, tt := range []struct {
		what       string
		sli        string
		kind       ptrace.SpanKind
		attributes map[string]any
		want       parts
	}{
		{"a route", slo.HTTPAvailability, ptrace.SpanKindServer,
			map[string]any{"http.request.method": "POST", "http.route": "/pay/{id}", "url.path": "/pay/17", "http.response.status_code": 503},
			parts{"POST /pay/{id}", "", "503"}},
		{"a path is no route", slo.HTTPAvailability, ptrace.SpanKindServer,
			map[string]any{"http.request.method": "GET", "url.path": "/pay/17", "http.response.status_code": 500, "error.type": "timeout"}, parts{"GET", "", "timeout"}},
		{"old names, a code in text", slo.HTTPAvailability, ptrace.SpanKindServer,
			map[string]any{"http.method": "GET", "http.route": "/", "http.status_code": "502"}, parts{"GET /", "", "502"}},
		{"never answered", slo.HTTPAvailability, ptrace.SpanKindServer,
			map[string]any{"http.request.method": "GET", "error.type": "x", "sloe.exchange.outcome": "aborted_by_server"}, parts{"GET", "", "aborted_by_server"}},
		{"an RPC", slo.GRPCAvailability, ptrace.SpanKindServer,
			map[string]any{"rpc.system.name": "grpc", "rpc.method": "user.Users/Get", "rpc.response.status_code": "UNAVAILABLE"}, parts{"user.Users/Get", "", "UNAVAILABLE"}},
		{"an RPC by old names", slo.GRPCAvailability, ptrace.SpanKindServer,
			map[string]any{"rpc.system": "grpc", "rpc.service": "user.Users", "rpc.method": "Get", "rpc.grpc.status_code": 14}, parts{"user.Users/Get", "", "UNAVAILABLE"}},
		{"a statement", slo.DBAvailability, ptrace.SpanKindClient,
			map[string]any{"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "orders", "server.address": "db", "server.port": 5432, "error.type": "57014", "db.query.text": "SELECT 1"},
			parts{"SELECT orders", "postgresql db:5432", "57014"}},
		{"a command by old names", slo.DBAvailability, ptrace.SpanKindClient,
			map[string]any{"db.system": "redis", "db.operation": "GET", "network.peer.address": "10.0.0.7", "network.peer.port": 6379, "db.response.status_code": "ERR", "error.type": ""},
			parts{"GET", "redis 10.0.0.7:6379", "ERR"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			r := startRig(t, nil)
			defer r.stop(t)
			td := ptrace.NewTraces()
			request(resourceOf(td, "shop", ""), tt.kind, ms, tt.attributes)
			r.consumeTraces(t, td)
			want := map[slo.Dimension]string{slo.Route: tt.want.route, slo.Dependency: tt.want.dependency, slo.ErrorType: tt.want.err}
			for _, d := range slo.Dimensions() {
				parts := map[string]goodBad{}
				if want[d] != "" {
					parts[want[d]] = goodBad{bad: 1}
				}
				assert.Equal(t, parts, r.budget.partsOf(tt.sli, d), d.String())
			}
		})
	}
}

// A server's span is bad for whom it called: for the call that failed, or, if it was
// slow, for the one that alone took longer than the threshold.
func TestWhoFailedAServer(t *testing.T) {
	r := startRig(t, nil) // 200 ms
	defer r.stop(t)
	td := ptrace.NewTraces()
	shop := resourceOf(td, "shop", "")
	answers := func(id byte, took time.Duration, status int) {
		request(shop, ptrace.SpanKindServer, took, map[string]any{"http.request.method": "GET", "http.response.status_code": status}).SetSpanID(pcommon.SpanID{id})
	}
	calls := func(by byte, took time.Duration, to string, failed bool) {
		s := request(shop, ptrace.SpanKindClient, took, map[string]any{"http.request.method": "GET", "server.address": to, "server.port": 80})
		s.SetParentSpanID(pcommon.SpanID{by})
		if failed {
			s.Status().SetCode(ptrace.StatusCodeError)
		}
	}
	calls(1, 5*ms, "stock", false)
	calls(1, 3*ms, "payments", true)
	answers(1, 10*ms, 500)
	calls(2, 250*ms, "slow", false)
	calls(2, 300*ms, "slowest", false)
	calls(2, 1*ms, "payments", true)
	answers(2, 600*ms, 200)
	calls(3, 150*ms, "quick", false)
	answers(3, 400*ms, 200) // itself
	answers(4, 1*ms, 503)
	r.consumeTraces(t, td)
	assert.Equal(t, map[string]goodBad{"payments:80": {bad: 1}}, r.budget.partsOf(slo.HTTPAvailability, slo.Dependency))
	assert.Equal(t, map[string]goodBad{"slowest:80": {bad: 1}}, r.budget.partsOf(slo.HTTPLatency, slo.Dependency))
	assert.Equal(t, map[string]goodBad{"500": {bad: 1}, "503": {bad: 1}}, r.budget.partsOf(slo.HTTPAvailability, slo.ErrorType))
	assert.Equal(t, map[string]goodBad{"200": {bad: 2}}, r.budget.partsOf(slo.HTTPLatency, slo.ErrorType), "they were slow, not wrong")
}

// Whatever comes, the parts of a dimension are no more than what was counted, and
// equal to it where every event has one: of versions the good events too.
func TestPartsAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	r := startRig(t, func(c *Config) {
		c.SLIs = map[string]SLIConfig{"even": {Spans: ConditionsConfig{Good: []string{`span.attributes["even"] == true`}}}}
	})
	r.budget.promise(fast)
	for range 40 {
		td := ptrace.NewTraces()
		for range 1 + random.IntN(3) {
			shop := resourceOf(td, "shop", []string{"1.0", "1.1"}[random.IntN(2)])
			for range random.IntN(30) {
				s := request(shop, ptrace.SpanKindServer, time.Duration(random.IntN(400))*ms, map[string]any{
					"http.request.method": "GET", "http.route": "/" + strconv.Itoa(random.IntN(5)), "http.response.status_code": 200 + 300*random.IntN(2), "even": random.IntN(2) == 0,
				})
				s.SetEndTimestamp(s.EndTimestamp() + pcommon.Timestamp(random.IntN(300))*pcommon.Timestamp(time.Second))
			}
		}
		r.consumeTraces(t, td)
	}
	for _, sli := range []string{slo.HTTPAvailability, slo.HTTPLatency, "http_latency_100ms", "even"} {
		whole := r.budget.total(sli)
		assert.NotZero(t, whole.bad, sli)
		for _, d := range []slo.Dimension{slo.Route, slo.Version, slo.ErrorType} {
			var sum goodBad
			for _, n := range r.budget.partsOf(sli, d) {
				sum = goodBad{sum.good + n.good, sum.bad + n.bad}
			}
			want := goodBad{bad: whole.bad}
			if d == slo.Version {
				want.good = whole.good
			}
			assert.Equal(t, want, sum, "%s by %s", sli, d)
		}
	}
	for at, n := range r.budget.parts {
		whole := r.budget.counts[at.cellOf]
		assert.LessOrEqual(t, n.bad, whole.bad, "%v", at)
	}
	r.stop(t)
}

// What became no span has a version and an error; counts of another collector have
// nothing.
func TestCausesOfWhatBecameNoSpan(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	md, p := unspanned("shop")
	md.ResourceMetrics().At(0).Resource().Attributes().PutStr(semconv.ServiceVersion, "2.0")
	p.Attributes().PutStr(semconv.StatusClass, "5xx")
	r.consumeMetrics(t, md)
	assert.Equal(t, map[string]goodBad{"5xx": {bad: 10}}, r.budget.partsOf(slo.HTTPAvailability, slo.ErrorType))
	assert.Equal(t, map[string]goodBad{"2.0": {bad: 10}}, r.budget.partsOf(slo.HTTPAvailability, slo.Version))
	assert.Equal(t, map[string]goodBad{"2.0": {good: 8, bad: 2}}, r.budget.partsOf(slo.HTTPLatency, slo.Version))
	assert.Empty(t, r.budget.partsOf(slo.HTTPAvailability, slo.Route))
}

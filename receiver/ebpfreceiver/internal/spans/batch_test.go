// SPDX-License-Identifier: Apache-2.0

package spans

import (
	"path/filepath"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/ptracetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

var (
	nginx = &process.Identity{PID: 1, Executable: "nginx"}
	curl  = &process.Identity{PID: 2, Executable: "curl", Args: []string{"curl", "http://shop/"}, ServiceName: "probe"}
)

func answered(kind protocol.Kind, status int64) *protocol.Call {
	c := &protocol.Call{
		Kind: kind, Family: semconv.ProtocolHTTP, Metric: semconv.HTTPServerRequestDuration, Name: "GET",
		StartUnixNano: 1_000_000_000, EndUnixNano: 1_002_500_000, StatusClass: "2xx",
	}
	c.Text(semconv.HTTPRequestMethod, "GET", true)
	c.Text(semconv.URLPath, "/orders", false)
	c.Number(semconv.HTTPResponseStatusCode, status, true)
	return c
}

// calls are one of each that makes a span of its own shape.
func calls() (of []*process.Identity, all []*protocol.Call) {
	add := func(id *process.Identity, c *protocol.Call) { of, all = append(of, id), append(all, c) }
	add(nginx, answered(protocol.Server, 200))
	failed := answered(protocol.Server, 503)
	failed.Failed, failed.ErrorType = true, "503"
	add(nginx, failed)
	add(curl, answered(protocol.Client, 200))
	left := answered(protocol.Server, 0)
	left.Outcome, left.ErrorType, left.Attributes = protocol.AbortedByClient, semconv.AbortedByClient, left.Attributes[:2]
	add(nginx, left)
	endless := answered(protocol.Client, 200)
	endless.EndUnknown = true
	add(curl, endless)
	early := answered(protocol.Client, 200)
	early.StartUnproven = true
	add(curl, early)
	waited := answered(protocol.Server, 200)
	waited.QueueKnown, waited.QueueNs = true, 1_200_000_000
	add(nginx, waited)
	return of, all
}

func TestBatch(t *testing.T) {
	b := NewBatch("scope", "v1")
	of, all := calls()
	for i := range all {
		b.Add(of[i], all[i])
	}
	assert.Equal(t, len(all), b.Len())
	got, n := b.Take()
	assert.Equal(t, len(all), n)
	assert.Equal(t, len(all), got.SpanCount())
	numberIDs(t, got)

	file := filepath.Join("testdata", "batch.yaml")
	if protocoltest.Update() {
		require.NoError(t, golden.WriteTracesToFile(file, got))
		return
	}
	want, err := golden.ReadTraces(file)
	require.NoError(t, err)
	require.NoError(t, ptracetest.CompareTraces(want, got))
}

// numberIDs replaces the random ids, each of which is there once and is valid.
func numberIDs(t *testing.T, traces ptrace.Traces) {
	seen := map[any]bool{}
	n := byte(0)
	for _, rs := range traces.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				require.False(t, s.TraceID().IsEmpty() || s.SpanID().IsEmpty())
				require.False(t, seen[s.TraceID()] || seen[s.SpanID()])
				seen[s.TraceID()], seen[s.SpanID()] = true, true
				n++
				s.SetTraceID(pcommon.TraceID{n})
				s.SetSpanID(pcommon.SpanID{n})
			}
		}
	}
}

func TestTakeEmpties(t *testing.T) {
	b := NewBatch("scope", "v1")
	traces, n := b.Take()
	assert.Zero(t, n)
	assert.Zero(t, traces.SpanCount())
	b.Add(nginx, answered(protocol.Server, 200))
	first, _ := b.Take()
	assert.Zero(t, b.Len())
	b.Add(nginx, answered(protocol.Server, 200))
	second, n := b.Take()
	assert.Equal(t, 1, n)
	assert.Equal(t, 1, first.SpanCount(), "what was taken is not added to")
	assert.Equal(t, 1, second.SpanCount())
	assert.Equal(t, 1, second.ResourceSpans().Len())
}

// TestBatchKeepsNoCall: a call is used again for the next exchange.
func TestBatchKeepsNoCall(t *testing.T) {
	b := NewBatch("scope", "v1")
	c := answered(protocol.Server, 200)
	b.Add(nginx, c)
	c.Reset()
	c.Text("other", "x", false)
	traces, _ := b.Take()
	span := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	assert.Equal(t, map[string]any{
		semconv.HTTPRequestMethod: "GET", semconv.URLPath: "/orders", semconv.HTTPResponseStatusCode: int64(200),
	}, span.Attributes().AsRaw())
}

// BenchmarkAdd: an operation is one span.
func BenchmarkAdd(b *testing.B) {
	batch := NewBatch("scope", "v1")
	c := answered(protocol.Server, 200)
	b.ReportAllocs()
	for b.Loop() {
		batch.Add(nginx, c)
		if batch.Len() == 2048 {
			batch.Take()
		}
	}
}

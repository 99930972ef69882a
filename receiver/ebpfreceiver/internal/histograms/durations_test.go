// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

var (
	twoEdges = Edges{5 * ms, 200 * ms}
	nginx    = &process.Identity{PID: 1, Executable: "nginx"}
	redis    = &process.Identity{PID: 2, Executable: "redis"}
)

// callOf makes a server's call that began at 1000 ns.
func callOf(d time.Duration, status int) *protocol.Call {
	c := &protocol.Call{
		Kind: protocol.Server, Family: semconv.ProtocolHTTP, Metric: semconv.HTTPServerRequestDuration, Name: "GET",
		StartUnixNano: 1000, EndUnixNano: 1000 + uint64(d), StatusClass: strconv.Itoa(status/100) + "xx",
	}
	c.Text(semconv.HTTPRequestMethod, "GET", true)
	c.Text(semconv.URLPath, "/", false)
	c.Number(semconv.HTTPResponseStatusCode, int64(status), true)
	if status >= 500 {
		c.Failed, c.ErrorType = true, strconv.Itoa(status)
	}
	return c
}

func export(t testing.TB, d *Durations, now uint64) []string {
	md := pmetric.NewMetrics()
	d.Export(md, "scope", "v1", now)
	return describe(t, md)
}

func TestDurations(t *testing.T) {
	d := NewDurations(newLayout(twoEdges), Stable)
	for _, c := range []*protocol.Call{callOf(5*ms, 200), callOf(5*ms+1, 200), callOf(200*ms, 200), callOf(201*ms, 500)} {
		d.Record(nginx, c)
	}
	d.Record(redis, callOf(time.Second, 200))
	aborted := callOf(time.Second, 200)
	aborted.Outcome, aborted.ErrorType, aborted.Attributes = protocol.AbortedByServer, semconv.AbortedByServer, aborted.Attributes[:2]
	d.Record(nginx, aborted)
	want := []string{
		"nginx http.server.request.duration Cumulative [1000,9000] 1 0.201s | [0 0 1] | error.type=500 http.request.method=GET http.response.status_code=500",
		"nginx http.server.request.duration Cumulative [1000,9000] 1 1s | [0 0 1] | error.type=aborted_by_server http.request.method=GET sloe.exchange.outcome=aborted_by_server",
		"nginx http.server.request.duration Cumulative [1000,9000] 3 0.210000001s | [1 2 0] | http.request.method=GET http.response.status_code=200",
		"redis http.server.request.duration Cumulative [1000,9000] 1 1s | [0 0 1] | http.request.method=GET http.response.status_code=200",
	}
	assert.Equal(t, want, export(t, d, 9000))
	assert.Equal(t, want, export(t, d, 9000), "they are cumulative")
}

func TestDurationsSpilled(t *testing.T) {
	d := NewDurations(newLayout(twoEdges), Stable)
	spilled := func(kind protocol.Kind, outcome protocol.Outcome, class string) {
		metric := semconv.HTTPServerRequestDuration
		if kind == protocol.Client {
			metric = semconv.HTTPClientRequestDuration
		}
		d.RecordSpilled(nginx, &Spilled{Kind: kind, Family: semconv.ProtocolHTTP, Metric: metric, Outcome: outcome, StatusClass: class,
			Count: 6, Sum: time.Second, Buckets: []uint64{1, 2, 3}}, 500)
	}
	spilled(protocol.Server, protocol.Answered, "2xx")
	spilled(protocol.Server, protocol.Answered, "4xx")
	spilled(protocol.Server, protocol.Answered, semconv.StatusClassUnknown)
	spilled(protocol.Server, protocol.Answered, "5xx")
	spilled(protocol.Client, protocol.Answered, "4xx")
	spilled(protocol.Client, protocol.AbortedByServer, semconv.StatusClassUnknown)
	spilled(protocol.Server, protocol.AbortedByClient, semconv.StatusClassUnknown)
	assert.Equal(t, []string{
		"nginx http.client.request.duration Cumulative [500,9000] 6 1s | [1 2 3] | error.type=4xx",
		"nginx http.client.request.duration Cumulative [500,9000] 6 1s | [1 2 3] | error.type=aborted_by_server sloe.exchange.outcome=aborted_by_server",
		"nginx http.server.request.duration Cumulative [500,9000] 18 3s | [3 6 9] | ", // what is good to a server is one series
		"nginx http.server.request.duration Cumulative [500,9000] 6 1s | [1 2 3] | error.type=5xx",
		"nginx http.server.request.duration Cumulative [500,9000] 6 1s | [1 2 3] | error.type=aborted_by_client sloe.exchange.outcome=aborted_by_client",
	}, export(t, d, 9000))
}

// TestDurationsForget: the series of an ended process are exported once more.
func TestDurationsForget(t *testing.T) {
	d := NewDurations(newLayout(twoEdges), Stable)
	d.Record(nginx, callOf(ms, 200))
	d.Record(redis, callOf(ms, 200))
	d.Forget(nginx)
	assert.Len(t, export(t, d, 1), 2)
	last := export(t, d, 2)
	require.Len(t, last, 1)
	assert.True(t, strings.HasPrefix(last[0], "redis "), last[0])
	d.Record(nginx, callOf(ms, 200))
	assert.Len(t, export(t, d, 3), 2, "it is a new series if it speaks again")
	assert.Len(t, export(t, d, 4), 2)
}

// TestDurationsOverflow: beyond the bound every exchange is still counted.
func TestDurationsOverflow(t *testing.T) {
	d := NewDurations(newLayout(twoEdges), Stable)
	record := func(id *process.Identity, server int) {
		c := callOf(ms, 200)
		c.Text(semconv.ServerAddress, "host-"+strconv.Itoa(server), true)
		d.Record(id, c)
	}
	for i := range maxSeries {
		record(nginx, i)
	}
	record(nginx, maxSeries)
	record(nginx, maxSeries+1)
	record(redis, 0)
	record(nginx, 0) // one that is there goes on
	d.RecordSpilled(nginx, &Spilled{Kind: protocol.Server, Metric: semconv.HTTPServerRequestDuration, StatusClass: "5xx", Count: 1, Buckets: []uint64{1, 0, 0}}, 1000)
	lines := export(t, d, 9000)
	require.Len(t, lines, maxSeries+2)
	var overflow []string
	for _, l := range lines {
		if strings.Contains(l, overflowAttribute) {
			overflow = append(overflow, l)
		}
	}
	assert.Equal(t, []string{
		"nginx http.server.request.duration Cumulative [1000,9000] 3 0.002s | [3 0 0] | otel.metric.overflow=true",
		"redis http.server.request.duration Cumulative [1000,9000] 1 0.001s | [1 0 0] | otel.metric.overflow=true",
	}, overflow)
}

// TestDurationsAreNotForged: text from outside that looks like the parts of
// another series does not make the two one.
func TestDurationsAreNotForged(t *testing.T) {
	d := NewDurations(newLayout(twoEdges), Stable)
	two := callOf(ms, 200)
	two.Text("a", "x", true)
	two.Text("b", "y", true)
	d.Record(nginx, two)
	texts := []string{"x;b=y", "x0;b=y", "x,b=y", "x\x000\x00b\x00y", "x\uFFFD0\uFFFDb\uFFFDy"}
	for _, text := range texts {
		one := callOf(ms, 200)
		one.Text("a", text, true)
		d.Record(nginx, one)
	}
	assert.Len(t, export(t, d, 1), 1+len(texts))
}

func BenchmarkRecord(b *testing.B) {
	d := NewDurations(newLayout(conventionalHTTP), Stable)
	c := callOf(30*ms, 200)
	c.Text(semconv.URLScheme, "http", true)
	c.Text(semconv.NetworkProtocolVersion, "1.1", true)
	b.ReportAllocs()
	for b.Loop() {
		d.Record(nginx, c)
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	d := NewDurations(newLayout(conventionalHTTP), Stable)
	c := callOf(30*ms, 500)
	assert.Zero(t, testing.AllocsPerRun(100, func() { d.Record(nginx, c) }))
}

// A process whose series were dropped begins anew, though they were counted in lately.
func TestForgottenSeriesBeginAnew(t *testing.T) {
	layout, _ := NewLayout(nil, 16)
	d := NewDurations(layout, Stable)
	id := &process.Identity{Executable: "server", PID: 7}
	call := &protocol.Call{Metric: semconv.HTTPServerRequestDuration, Family: "http", EndUnixNano: 1000, QueueKnown: true}
	for range 3 {
		d.Record(id, call)
	}
	d.Forget(id)
	d.Export(pmetric.NewMetrics(), "scope", "v1", 1)
	d.Record(id, call)
	md := pmetric.NewMetrics()
	d.Export(md, "scope", "v1", 2)
	require.Equal(t, 2, md.DataPointCount(), "duration and queue")
	for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		assert.Equal(t, uint64(1), m.Histogram().DataPoints().At(0).Count(), m.Name())
	}
}

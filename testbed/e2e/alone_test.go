// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/goserver"
	"github.com/sloe-dev/sloe/testbed/workload/load"
)

// receiverAlone has none of the other three components.
const receiverAlone = `
receivers:
  ebpf: {flush_interval: 100ms}
exporters:
  file: {path: "${env:SLOE_TEST_DIR}/spans.json"}
  otlp_http: {endpoint: "${env:BACKEND}"}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [ebpf], exporters: [file, otlp_http]}
`

// TestReceiverAlone: the receiver works without the other components, and what
// the collector exports is no request of anybody: each export to a server on this
// host would else make a span that is exported.
func TestReceiverAlone(t *testing.T) {
	live(t)
	var exports atomic.Uint64
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		exports.Add(1)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer backend.Close()
	c := collectorbed.Start(t, collectorbed.Options{
		Program: collectorbed.Program(t), Config: receiverAlone, Env: []string{"BACKEND=" + backend.URL},
	})
	name := serviceName("alone")
	server := startGoServer(t, name)
	sent := send(t, server, 1000, 10)
	require.Eventually(t, func() bool { return exports.Load() >= 1 }, 10*time.Second, 10*time.Millisecond)
	sent += send(t, server, 1000, 10)
	time.Sleep(time.Second) // several flush intervals, in which an export could feed on itself
	c.Terminate(t)

	b := &bed{Collector: c}
	y := b.tallies(t)[name]
	require.NotNil(t, y)
	counted := server.Counts(t)
	assert.Equal(t, sent, y.server())
	assert.Equal(t, counted.Total(200, 299), y.Spans["server 2xx"])
	assert.Equal(t, counted.Total(500, 599), y.Spans["server 5xx"])
	assert.Zero(t, b.serverSpansOf(t, filepath.Base(os.Args[0])), "spans of the back-end, by the collector's own exports")
}

func send(t *testing.T, server *goserver.Server, fine, failed int) uint64 {
	t.Helper()
	r, err := load.Run(t.Context(), load.Plan{
		Address: server.Address, Connections: 4, Steps: []load.Step{{Target: "/ok", Count: fine}, {Target: "/error", Count: failed}},
	})
	require.NoError(t, err)
	require.Zero(t, r.Failed, r.FirstError)
	return r.Total()
}

// serverSpansOf counts the server spans of an executable.
func (b *bed) serverSpansOf(t *testing.T, executable string) int {
	t.Helper()
	n := 0
	for _, td := range b.Traces(t, "spans.json") {
		for _, rs := range td.ResourceSpans().All() {
			if str(rs.Resource().Attributes(), "process.executable.name") != executable {
				continue
			}
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					if s.Kind().String() == "Server" {
						n++
					}
				}
			}
		}
	}
	return n
}

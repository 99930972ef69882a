// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/goserver"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// limitedConfig has a memory_limiter before sli in both pipelines, and a third
// pipeline that fills the memory: it holds what it was sent until its back-end
// answers.
const limitedConfig = `
receivers:
  ebpf: %s
  otlp: {protocols: {http: {endpoint: "${env:OTLP_ADDRESS}", max_request_body_size: 30000000}}}
processors:
  memory_limiter: {check_interval: 100ms, limit_mib: 220, spike_limit_mib: 20}
  service_name:
connectors:
  sli:
    metrics_flush_interval: 1s
exporters:
  file/spans: {path: "${env:SLOE_TEST_DIR}/spans.json"}
  file/metrics: {path: "${env:SLOE_TEST_DIR}/metrics.json"}
  file/sli: {path: "${env:SLOE_TEST_DIR}/sli.json"}
  otlp_http: {endpoint: "${env:BACKEND}", compression: none, timeout: 0s, sending_queue: {queue_size: 100, num_consumers: 100}}
extensions:
  error_budget:
    http: {endpoint: "%s"}
    catalogue: "${env:SLOE_TEST_DIR}/catalogue.yaml"
    storage_directory: "${env:SLOE_TEST_DIR}/budgets"
service:
  extensions: [error_budget]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [ebpf], processors: [memory_limiter, service_name], exporters: [sli, file/spans]}
    metrics: {receivers: [ebpf], processors: [memory_limiter, service_name], exporters: [sli, file/metrics]}
    metrics/sli: {receivers: [sli], exporters: [file/sli]}
    traces/memory: {receivers: [otlp], exporters: [otlp_http]}
`

// backend answers nothing until it is let go.
type backend struct {
	*httptest.Server
	release func()
}

func startBackend(t *testing.T) *backend {
	released := make(chan struct{})
	b := &backend{release: sync.OnceFunc(func() { close(released) })}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-released
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(func() { b.release(); b.Close() })
	return b
}

// fillMemory gives the collector that many megabytes to hold.
func fillMemory(t *testing.T, url string, megabytes int) {
	t.Helper()
	const each = 10
	span := fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"%s"}]}]}]}`, strings.Repeat("x", each<<20))
	for range megabytes / each {
		response, err := http.Post(url+"/v1/traces", "application/json", bytes.NewBufferString(span))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
}

// sendUntil sends requests until the collector has logged a line, and returns how
// many.
func (b *bed) sendUntil(t *testing.T, server *goserver.Server, logged string) (sent uint64) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(b.Stderr(), logged); {
		require.True(t, time.Now().Before(deadline), "the collector does not say %q", logged)
		sent += send(t, server, 100, 10)
		time.Sleep(20 * time.Millisecond)
	}
	return sent
}

// TestMemoryLimiter: what a memory_limiter before sli refuses costs spans, and no
// count. Requests before, during and after are counted once.
func TestMemoryLimiter(t *testing.T) {
	live(t)
	held, address := startBackend(t), nginxbed.FreeAddress(t)
	name := serviceName("limited")
	server := startGoServer(t, name)
	b := startBed(t, bedOptions{
		config: limitedConfig, ebpf: "{ring_buffer: 67108864, processes: " + only(t, server) + "}",
		env: []string{"BACKEND=" + held.URL, "OTLP_ADDRESS=" + address},
	})

	sent := send(t, server, 2000, 100)
	b.waitBudget(t, name, "http_availability", sent, patience)
	fillMemory(t, "http://"+address, 250)
	sent += b.sendUntil(t, server, "The next consumer refuses spans")
	sent += b.sendUntil(t, server, "The next consumer refused metrics")
	sent += send(t, server, 3000, 200)
	held.release()
	sent += b.sendUntil(t, server, "The next consumer takes spans again")
	sent += send(t, server, 2000, 100)
	b.waitBudget(t, name, "http_availability", sent, patience)
	b.Terminate(t)

	counted := server.Counts(t)
	assert.Equal(t, sent, counted.Total(200, 599))
	y := b.tallies(t)[name]
	requireExact(t, y, counted.Total(200, 299), counted.Total(500, 599), 0)
	t.Logf("spans %v unspanned %v", y.Spans, y.Unspanned)
	assert.GreaterOrEqual(t, y.Spans["server 2xx"], uint64(4000), "before and after")
	assert.GreaterOrEqual(t, y.Unspanned["server 2xx"], uint64(3000), "during")
}

// fullQueueConfig has an exporter beside sli that takes a batch or two and refuses
// the next ones.
const fullQueueConfig = `
receivers:
  ebpf: %s
processors:
  service_name:
connectors:
  sli:
    metrics_flush_interval: 1s
exporters:
  file/spans: {path: "${env:SLOE_TEST_DIR}/spans.json"}
  file/metrics: {path: "${env:SLOE_TEST_DIR}/metrics.json"}
  file/sli: {path: "${env:SLOE_TEST_DIR}/sli.json"}
  otlp_http: {endpoint: "${env:BACKEND}", timeout: 0s, sending_queue: {queue_size: 1, num_consumers: 1}}
extensions:
  error_budget:
    http: {endpoint: "%s"}
    catalogue: "${env:SLOE_TEST_DIR}/catalogue.yaml"
    storage_directory: "${env:SLOE_TEST_DIR}/budgets"
service:
  extensions: [error_budget]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [ebpf], processors: [service_name], exporters: [otlp_http, sli, file/spans]}
    metrics: {receivers: [ebpf], processors: [service_name], exporters: [otlp_http, sli, file/metrics]}
    metrics/sli: {receivers: [sli], exporters: [file/sli]}
`

// TestFullQueue: what an exporter beside sli refuses was counted by sli, and is not
// counted again.
func TestFullQueue(t *testing.T) {
	live(t)
	held := startBackend(t)
	name := serviceName("queued")
	b := startBed(t, bedOptions{
		config: fullQueueConfig, ebpf: "{flush_interval: 50ms, metrics_interval: 1s}", env: []string{"BACKEND=" + held.URL},
	})
	server := startGoServer(t, name)
	sent := b.sendUntil(t, server, "refused spans that sli has counted")
	sent += b.sendUntil(t, server, `"counted_by_sli": true`)
	sent += send(t, server, 3000, 200)
	b.waitBudget(t, name, "http_availability", sent, patience)
	held.release()
	sent += send(t, server, 2000, 100)
	b.waitBudget(t, name, "http_availability", sent, patience)
	b.Terminate(t)

	counted := server.Counts(t)
	assert.Equal(t, sent, counted.Total(200, 599))
	y := b.tallies(t)[name]
	requireExact(t, y, counted.Total(200, 299), counted.Total(500, 599), 0)
	t.Logf("spans %v unspanned %v", y.Spans, y.Unspanned)
	assert.NotContains(t, b.Stderr(), "until the next trial", "sli had counted every span: there is nothing to spare it")
}

// SPDX-License-Identifier: Apache-2.0

package collectorbed_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// passThrough is a collector with stock parts alone: OTLP in, a file out.
const passThrough = `
receivers:
  otlp: {protocols: {http: {endpoint: "${env:OTLP_ADDRESS}"}}}
exporters:
  file/traces: {path: "${env:SLOE_TEST_DIR}/traces.json"}
  file/metrics: {path: "${env:SLOE_TEST_DIR}/metrics.json"}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [file/traces]}
    metrics: {receivers: [otlp], exporters: [file/metrics]}
`

func start(t *testing.T, o collectorbed.Options) (*collectorbed.Collector, string) {
	t.Helper()
	address := nginxbed.FreeAddress(t)
	o.Program = collectorbed.Program(t)
	o.Config = passThrough
	o.Env = []string{"OTLP_ADDRESS=" + address}
	return collectorbed.Start(t, o), "http://" + address
}

func post(t *testing.T, url, body string) {
	t.Helper()
	response, err := http.Post(url, "application/json", bytes.NewBufferString(body))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

const (
	oneSpan = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"%s"}]}]}]}`
	oneSum  = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"dataPoints":[{"asInt":"7"}]}}]}]}]}`
)

func TestWhatGoesInComesOut(t *testing.T) {
	collector, url := start(t, collectorbed.Options{})
	assert.Empty(t, collector.Traces(t, "never.json"), "a file that is not there holds nothing")

	post(t, url+"/v1/traces", fmt.Sprintf(oneSpan, "first"))
	post(t, url+"/v1/traces", fmt.Sprintf(oneSpan, "second"))
	post(t, url+"/v1/metrics", oneSum)
	collector.Terminate(t)

	spans := 0
	for _, traces := range collector.Traces(t, "traces.json") {
		spans += traces.SpanCount()
	}
	assert.Equal(t, 2, spans)
	metrics := collector.Metrics(t, "metrics.json")
	require.Len(t, metrics, 1)
	assert.Equal(t, 1, metrics[0].DataPointCount())
}

func TestPauseAndResume(t *testing.T) {
	collector, url := start(t, collectorbed.Options{})
	collector.Pause(t)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		post(t, url+"/v1/traces", fmt.Sprintf(oneSpan, "late"))
	}()
	select {
	case <-answered:
		t.Fatal("a paused collector answered")
	case <-time.After(200 * time.Millisecond):
	}
	collector.Resume(t)
	<-answered
	collector.Terminate(t)
}

func TestStartAgainInTheSameDirectory(t *testing.T) {
	first, _ := start(t, collectorbed.Options{})
	require.NoError(t, os.WriteFile(first.Path("state"), []byte("kept"), 0o600))
	require.NoError(t, first.Kill())
	second, _ := start(t, collectorbed.Options{Dir: first.Dir})
	state, err := os.ReadFile(second.Path("state"))
	require.NoError(t, err)
	assert.Equal(t, "kept", string(state))
	second.Terminate(t)
}

func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	collector, url := start(t, collectorbed.Options{SysProcAttr: collectorbed.OrdinaryUser()})
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", collector.PID()))
	require.NoError(t, err)
	assert.Contains(t, string(status), "Uid:\t65534\t65534")
	assert.Contains(t, string(status), "CapEff:\t0000000000000000")
	post(t, url+"/v1/traces", fmt.Sprintf(oneSpan, "mine"))
	collector.Terminate(t)
	assert.Len(t, collector.Traces(t, "traces.json"), 1)
}

func TestABadConfigurationEndsTheCollector(t *testing.T) {
	collector := collectorbed.Launch(t, collectorbed.Options{
		Program: collectorbed.Program(t), Config: "receivers: {nosuch: {}}\n",
	})
	assert.NotZero(t, collector.ExitCode())
	assert.Contains(t, collector.Stderr(), "nosuch")
}

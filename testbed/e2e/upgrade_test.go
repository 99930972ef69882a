// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/clients"
)

// TestUpgradeToHTTP2: a client asks in HTTP/1.1 for HTTP/2. Its first request is answered
// on stream 1, and is counted once, with that status; those behind it are streams. At
// the server it equals its own counter, at the client what it sent.
func TestUpgradeToHTTP2(t *testing.T) {
	for name, sampling := range map[string]string{"spans": "{}", "sampled out": "{ratio: 0, always: []}"} {
		t.Run(name, func(t *testing.T) { upgradeToHTTP2(t, sampling, name == "spans") })
	}
}

func upgradeToHTTP2(t *testing.T, sampling string, spans bool) {
	const runs, further = 30, 9
	service, caller := serviceName("web"), serviceName("nghttp")
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864, sampling: " + sampling + "}"})
	server := startGoServer(t, service)
	base := "http://" + server.Address
	for i := range runs {
		first := "/ok"
		if i%3 == 0 {
			first = "/error"
		}
		words := []string{"nghttp", "-u", "-n", base + first}
		for n := range further {
			words = append(words, fmt.Sprintf("%s/status/404?n=%d", base, n)) // it asks for the same URL once
		}
		clients.Tool(t, caller, words...)
	}
	const all, failed = runs * (1 + further), runs / 3
	b.waitBudget(t, service, "http_availability", all, patience)
	kernel := b.settledCounts(t)
	b.Terminate(t)
	own := server.Counts(t)
	require.EqualValues(t, all, own.Total(100, 599))
	require.EqualValues(t, failed, own.Total(500, 599))
	y := b.tallies(t)
	want := map[string]uint64{"2xx": runs - failed, "5xx": failed, "4xx": runs * further}
	for kind, tally := range map[string]*tally{semconv.KindServer: y[service], semconv.KindClient: y[caller]} {
		counted, other := tally.Spans, tally.Unspanned
		if !spans {
			counted, other = other, counted
		}
		for class, n := range want {
			assert.Equal(t, n, counted[kind+" "+class], "%s %s", kind, class)
		}
		assert.Len(t, counted, len(want), "%v", counted)
		assert.Empty(t, other)
	}
	assert.EqualValues(t, failed, y[service].SLI["http_availability bad"])
	assert.Equal(t, map[string]uint64{"2": all}, sumBy(b.lastPoints(t, service)[semconv.HTTPServerRequestDuration], semconv.NetworkProtocolVersion))
	exactTable.add(exactRow{scenario: "HTTP/1.1 upgraded to HTTP/2", server: "Go", own: all,
		spans: y[service].spans(), unspanned: y[service].unspanned(), kernel: kernel, equal: !t.Failed()})
}

// TestUpgradeOfUnix is the same over a Unix socket, by curl.
func TestUpgradeOfUnix(t *testing.T) {
	const runs = 20
	service, caller := serviceName("web"), serviceName("curl")
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
	on := unixAddress(t)
	server := startGoServerOn(t, service, on)
	for range runs {
		cmd := exec.Command("curl", "-sS", "-o", "/dev/null", "-w", "%{http_version} ", "--http2", "--unix-socket", on[len("unix:"):], "http://web/ok", "--next",
			"-sS", "-o", "/dev/null", "-w", "%{http_version}", "--http2", "--unix-socket", on[len("unix:"):], "http://web/error")
		cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+caller)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		require.Equal(t, "2 2", string(out))
	}
	b.waitBudget(t, service, "http_availability", 2*runs, patience)
	_ = b.settledCounts(t)
	b.Terminate(t)
	require.EqualValues(t, 2*runs, server.Counts(t).Total(100, 599))
	y := b.tallies(t)
	assert.Equal(t, map[string]uint64{"server 2xx": runs, "server 5xx": runs}, y[service].Spans)
	assert.Equal(t, map[string]uint64{"client 2xx": runs, "client 5xx": runs}, y[caller].Spans)
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/clients"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// webServer is one whose own counters are asked.
type webServer struct {
	base string
	// total returns how many requests it answered with a status from low to high, when it
	// has answered so many in all.
	total func(t testing.TB, answered, low, high int) uint64
}

func webServers() map[string]func(t testing.TB, service string) webServer {
	return map[string]func(t testing.TB, service string) webServer{
		"nginx": func(t testing.TB, service string) webServer {
			nginx := nginxbed.Start(t, nginxbed.Options{Name: service, Workers: 2, Locations: map[string]int{"/ok": 200, "/error": 503}})
			return webServer{"http://" + nginx.Address, func(t testing.TB, answered, low, high int) uint64 {
				return nginx.WaitCounts(t, answered).Total(low, high)
			}}
		},
		"Go": func(t testing.TB, service string) webServer {
			server := startGoServer(t, service)
			return webServer{"http://" + server.Address, func(t testing.TB, answered, low, high int) uint64 {
				counts := server.Counts(t)
				require.EqualValues(t, answered, counts.Total(100, 599))
				return counts.Total(low, high)
			}}
		},
	}
}

// TestClients: every request of every client is counted once at the server, by its own
// counters, and once at the client, by what it was told to send. Both are on the host.
func TestClients(t *testing.T) {
	const fine, failed = 400, 100
	for name, start := range webServers() {
		t.Run(name, func(t *testing.T) {
			service := serviceName("web")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
			server := start(t, service)
			callers, sent := map[string]clients.Client{}, 0
			version := map[string]uint64{}
			for _, c := range clients.All {
				caller := serviceName("caller")
				callers[caller] = c
				c.Run(t, caller, server.base+"/ok", fine)
				c.Run(t, caller, server.base+"/error", failed)
				sent += fine + failed
				version[c.Version] += fine + failed
			}
			b.waitBudget(t, service, "http_availability", uint64(sent), patience)
			kernel := b.settledCounts(t)
			b.Terminate(t)

			ok, bad := server.total(t, sent, 200, 299), server.total(t, sent, 500, 599)
			require.EqualValues(t, fine*len(clients.All), ok, "the clients sent what they were told")
			all := b.tallies(t)
			requireExact(t, all[service], ok, bad, 0)
			assert.Equal(t, version, sumBy(b.lastPoints(t, service)[semconv.HTTPServerRequestDuration], semconv.NetworkProtocolVersion))
			for caller, c := range callers {
				y := all[caller]
				if !assert.NotNil(t, y, c.Name) {
					continue
				}
				assert.Equal(t, map[string]uint64{"client 2xx": fine, "client 5xx": failed}, y.Spans, c.Name)
				assert.Empty(t, y.Unspanned, c.Name)
				assert.EqualValues(t, fine, y.Histogram[semconv.HTTPClientRequestDuration+" fine"], c.Name)
				assert.EqualValues(t, failed, y.Histogram[semconv.HTTPClientRequestDuration+" failed"], c.Name)
				points := b.lastPoints(t, caller)[semconv.HTTPClientRequestDuration]
				assert.Equal(t, map[string]uint64{c.Version: fine + failed}, sumBy(points, semconv.NetworkProtocolVersion), c.Name)
			}
			exactTable.add(exactRow{scenario: strconv.Itoa(len(clients.All)) + " kinds of client", server: name, own: ok + bad,
				spans: all[service].spans(), unspanned: all[service].unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

// wrkRequests is wrk's own count of the responses that it read.
var wrkRequests = regexp.MustCompile(`(\d+) requests in `)

func wrkAnswered(t *testing.T, out string) uint64 {
	found := wrkRequests.FindStringSubmatch(out)
	require.NotNil(t, found, out)
	n, err := strconv.ParseUint(found[1], 10, 64)
	require.NoError(t, err)
	return n
}

// TestWrk: wrk sends as much as it can and leaves in the midst of it.
//
//	answered at the server and left by the client = the server's own count
//	answered at the client = wrk's count
func TestWrk(t *testing.T) {
	for name, start := range webServers() {
		t.Run(name, func(t *testing.T) {
			service, caller := serviceName("web"), serviceName("wrk")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 134217728}"})
			server := start(t, service)
			out := clients.Tool(t, caller, "wrk", "-t", "1", "-c", "20", "-d", "2s", server.base+"/ok")
			answered := wrkAnswered(t, out)
			kernel := b.settledCounts(t)
			b.Terminate(t)
			all := b.tallies(t)
			y, own := all[service], server.total(t, int(all[service].server()), 100, 599)
			assert.Equal(t, own, y.total("server 2xx")+y.total("server "+semconv.AbortedByClient), "at the server")
			assert.Equal(t, own, y.Histogram[semconv.HTTPServerRequestDuration+" fine"]+y.Histogram[semconv.HTTPServerRequestDuration+" failed"])
			assert.Equal(t, answered, all[caller].total("client 2xx"), "at the client")
			assert.Equal(t, answered, all[caller].Histogram[semconv.HTTPClientRequestDuration+" fine"])
			exactTable.add(exactRow{scenario: "wrk, which leaves in the midst of it", server: name, own: own,
				spans: y.spans(), unspanned: y.unspanned(), kernel: kernel, equal: !t.Failed()})
		})
	}
}

// TestPipelined: twenty connections with sixteen requests at a time, at the servers' own
// counters and the client's. Then wrk does the same, as fast as it can, and leaves in the
// midst of it: what it has counted is what its side was answered.
func TestPipelined(t *testing.T) {
	const connections, times, depth = 20, 100, 16
	for name, start := range webServers() {
		t.Run(name, func(t *testing.T) {
			service, caller := serviceName("web"), serviceName("wrk")
			b := startBed(t, bedOptions{ebpf: "{ring_buffer: 134217728}"})
			server := start(t, service)
			ended := make(chan error)
			for range connections {
				go func() { ended <- askInPipelines(strings.TrimPrefix(server.base, "http://"), times, depth) }()
			}
			for range connections {
				require.NoError(t, <-ended)
			}
			const sent = connections * times * depth
			b.waitBudget(t, service, "http_availability", sent, patience)
			own := server.total(t, sent, 200, 299)
			out := clients.Tool(t, caller, "wrk", "-t", "1", "-c", "20", "-d", "1s", "-s", "testdata/pipeline.lua", server.base+"/ok")
			answered := wrkAnswered(t, out)
			kernel := b.settledCounts(t)
			b.Terminate(t)

			tallies := b.tallies(t)
			assert.EqualValues(t, sent, own)
			_, port, err := net.SplitHostPort(strings.TrimPrefix(server.base, "http://"))
			require.NoError(t, err)
			byPort := sumBy(b.lastPoints(t, filepath.Base(os.Args[0]))[semconv.HTTPClientRequestDuration], semconv.ServerPort)
			assert.EqualValues(t, sent, byPort[port], "at the client")
			assert.Equal(t, answered, tallies[caller].total("client 2xx"), "at wrk")
			assert.Zero(t, kernel.indeterminate+kernel.indeterminateKnown)
			exactTable.add(exactRow{scenario: "20 connections with 16 at a time", server: name, own: own,
				spans: sent, kernel: kernel, equal: !t.Failed()})
		})
	}
}

// askInPipelines asks for depth responses at a time, so many times, over one connection.
func askInPipelines(address string, times, depth int) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	responses := bufio.NewReader(c)
	for range times {
		if _, err := io.WriteString(c, strings.Repeat(request("/ok"), depth)); err != nil {
			return err
		}
		for range depth {
			response, err := http.ReadResponse(responses, nil)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response.Body)
			if err = errors.Join(err, response.Body.Close()); err != nil {
				return err
			}
		}
	}
	return nil
}

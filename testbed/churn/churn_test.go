// SPDX-License-Identifier: Apache-2.0

package churn

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/goserver"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

var (
	length   = flag.Duration("churn", 10*time.Second, "length of the churn; 10m is the whole of it")
	profiles = flag.String("profiles", "", "directory for profiles of the collector's heap, if it is not flat")
)

// What ten minutes hold; a shorter churn holds its share.
const (
	whole       = 10 * time.Minute
	connections = 200_000
	processes   = 5000
	reloads     = 50
)

// How much more the heap may hold at the end than at the start, in 10^6 bytes.
const (
	// liveSlackMB are what came lately: processes that are remembered for a grace,
	// batches under way, pools; 1 to 2 in runs of seconds and of minutes.
	liveSlackMB = 4
	// liveReloadMB is a fifth of what one logger of a service takes, the least that a
	// component's old life would keep: counters of its sampler.
	liveReloadMB = 0.1
	// bufferMB is what a connection of the exporter takes, 512 KiB of it to write.
	bufferMB = 0.6
)

const (
	workers  = 4
	patience = time.Minute
	// grace is how long the receiver keeps what it knows of an ended process, and
	// some seconds for its next look at it.
	grace = 30*time.Second + 20*time.Second
)

const config = `
receivers:
  ebpf: {metrics_interval: 1s}
processors:
  service_name:
connectors:
  sli:
    metrics_flush_interval: 1s
exporters:
  otlp_http:
    endpoint: "${env:SLOE_TEST_FLAKY}"
    timeout: 300ms
    retry_on_failure: {enabled: false}
    sending_queue: {queue_size: 5, num_consumers: 1}
  # not the file exporter: it keeps the logger of each reload, half a megabyte (docs/development.md)
  otlp_http/sink:
    endpoint: "${env:SLOE_TEST_SINK}"
    compression: none
    sending_queue: {enabled: false}
extensions:
  pprof: {endpoint: "${env:SLOE_TEST_PPROF}"}
service:
  extensions: [pprof]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [ebpf], processors: [service_name], exporters: [sli, otlp_http]}
    metrics: {receivers: [ebpf], processors: [service_name], exporters: [sli, otlp_http/sink]}
    metrics/sli: {receivers: [sli], exporters: [otlp_http/sink]}
`

// TestChurn: after all that, the counts are equal, and the collector holds what it
// held at the start.
func TestChurn(t *testing.T) {
	if testing.Short() {
		t.Skip("live: loads programs into this kernel, as root; make test runs it")
	}
	require.Zero(t, os.Geteuid(), "needs root; make test-unit runs what does not")
	share := func(n int) int { return max(1, int(float64(n)*float64(*length)/float64(whole))) }
	rounds := max(2, share(reloads)+1)
	flaky, sink := startFlaky(t), startSink(t)
	pprof := nginxbed.FreeAddress(t)
	c := collectorbed.Start(t, collectorbed.Options{
		Program: collectorbed.Program(t), Config: config, Env: []string{"SLOE_TEST_FLAKY=" + flaky.URL, "SLOE_TEST_SINK=" + sink.URL, "SLOE_TEST_PPROF=" + pprof},
	})
	b := &bed{
		ends: process.Build(t, "testbed/overhead/ends"), goServer: process.Build(t, "testbed/cmd/goserver"),
		collector: c, pprof: pprof, started: map[image]bool{},
	}
	name := fmt.Sprintf("churn-%d", os.Getpid())
	server := b.startServer(t, name)

	// a first round makes what stays: buffers, the exporter's connection
	own := uint64(b.round(t, server.Address, 200, 20))
	flaky.set(fine)
	start := b.settled(t)
	t.Logf("start: %s", start)
	var warm held
	for n := range rounds {
		began := time.Now()
		passing := b.startServer(t, fmt.Sprintf("%s-%d", name, n)) // a server that lives for a round
		half := share(connections) / rounds / 2
		sent := b.round(t, passing.Address, half, 0)
		own += uint64(b.round(t, server.Address, half, share(processes)/rounds))
		assert.EqualValues(t, sent, passing.Counts(t).Total(200, 299))
		time.Sleep(100 * time.Millisecond) // for the last hooks of the last responses
		assert.NoError(t, passing.Kill())
		if n == rounds-1 {
			break
		}
		flaky.set(modes[n%len(modes)])
		require.NoError(t, c.Signal(syscall.SIGHUP))
		waitReady(t, c, n+2)
		if n == rounds/5 {
			warm = b.look(t)
			t.Logf("after a fifth: %s", warm)
		} else if n%5 == 0 {
			h := b.look(t)
			t.Logf("round %d: %.1f MB live, %.1f MB resident", n, h.liveMB, h.residentMB)
		}
		time.Sleep(max(0, *length/time.Duration(rounds)-time.Since(began)))
	}
	flaky.set(fine)
	assert.Equal(t, own, server.Counts(t).Total(200, 299))

	end := b.requireBack(t, start)
	t.Logf("end: %s", end)
	// resident memory goes up and down with the collection of garbage, by some tens of MB
	assert.Less(t, end.residentMB, max(start.residentMB, warm.residentMB)+20, "memory is to be flat")
	assert.Less(t, end.liveMB, start.liveMB+liveSlackMB+liveReloadMB*float64(rounds-1)+bufferMB*float64(max(0, end.sockets-start.sockets)), "what is reachable is to be flat")
	c.Terminate(t)
	counted := sink.events()
	t.Logf("%d requests by the server that lived on", own)
	assert.Equal(t, own, counted[name].good, "events of the server that lived on, over %d collectors in one", rounds)
	assert.Zero(t, counted[name].bad)
	for n := range rounds {
		of := counted[fmt.Sprintf("%s-%d", name, n)]
		assert.EqualValues(t, share(connections)/rounds/2, of.good, "events of the server of round %d", n)
		assert.Zero(t, of.bad)
	}
	t.Logf("%d connections, %d processes, %d reloads; exporter: %s", share(connections)/rounds/2*2*rounds, share(processes)/rounds*rounds, rounds-1, flaky)
}

// bed has the programs, the collector, and the processes that were started.
type bed struct {
	ends, goServer string
	collector      *collectorbed.Collector
	pprof          string
	mu             sync.Mutex
	started        map[image]bool
}

// image tells a process from a later one of the same number.
type image struct {
	pid   int
	ticks uint64 // its start since boot, in hundredths of a second
}

// note remembers a process that was started.
func (b *bed) note(pid int) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return // it has ended and been waited for
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	ticks, err := strconv.ParseUint(fields[19], 10, 64) // the 22nd field (proc(5))
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.started[image{pid, ticks}] = true
}

func (b *bed) startServer(t *testing.T, name string) *goserver.Server {
	t.Helper()
	s := goserver.StartCommand(t, process.Command{Path: b.goServer, Env: []string{"OTEL_SERVICE_NAME=" + name}})
	b.note(s.PID())
	return s
}

// round opens connections with one request each, and starts processes with one
// request each. It returns how many requests those were, all answered.
func (b *bed) round(t *testing.T, address string, connections, processes int) int {
	t.Helper()
	todo := make(chan func() error)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for work := range todo {
				assert.NoError(t, work())
			}
		})
	}
	for range connections {
		todo <- func() error { return askOnce(address) }
	}
	for range processes {
		todo <- func() error {
			p, err := process.Start(process.Command{Path: b.ends, Args: []string{"client", "-address", address, "-connections", "1", "-count", "1"}})
			if err != nil {
				return err
			}
			b.note(p.PID())
			if code := p.ExitCode(); code != 0 {
				return fmt.Errorf("a client ended with %d:\n%s", code, p.Stderr())
			}
			return nil
		}
	}
	close(todo)
	working.Wait()
	return connections + processes
}

// askOnce opens a connection for one request.
func askOnce(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "GET /ok HTTP/1.1\r\nHost: churn\r\n\r\n"); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// waitReady waits until the collector said so as many times.
func waitReady(t *testing.T, c *collectorbed.Collector, times int) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Count(c.Stderr(), "Everything is ready") >= times }, patience, 10*time.Millisecond)
	time.Sleep(200 * time.Millisecond) // as collectorbed does: it does not listen for signals at once
}

// residentMB of a process, in 10^6 bytes.
func residentMB(t *testing.T, pid int) float64 {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	require.NoError(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(raw))[1])
	require.NoError(t, err)
	return float64(pages*os.Getpagesize()) / 1e6
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// The load under which the collector's own cost is taken.
const (
	agentRate        = 20_000
	agentConnections = 1000
	agentGroup       = 50 // requests at once: 400 bursts a second
	// exchangesATurn: both ends of each request are on the host.
	exchangesATurn = 2
)

// An agent is what the collector, a process as it is shipped, takes for itself.
type agent struct {
	Mode string `json:"mode"`
	// Rate of requests that the load reached, a second.
	Rate float64 `json:"requests_second"`
	// NsExchange is CPU time of the collector by exchange, of which a request has two.
	NsExchange float64 `json:"ns_exchange"`
	// ResidentMB is the most that was seen, in 10^6 bytes.
	ResidentMB float64 `json:"resident_mb"`
	// CalibrationNs is the time of SHA-256 of 64 bytes before and after, to compare machines.
	CalibrationNs [2]float64 `json:"calibration_ns"`
}

const agentConfig = `
receivers: {ebpf: {}}
processors: {service_name: {}}
connectors: {sli: {}}
exporters: {nop: {}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
%s    metrics: {receivers: [ebpf], processors: [service_name], exporters: [sli]}
    metrics/sli: {receivers: [sli], exporters: [nop]}
`

const agentTraces = "    traces: {receivers: [ebpf], processors: [service_name], exporters: [sli]}\n"

// startCollector starts the built collector on an agent's pipelines.
func (b *bed) startCollector(withSpans bool) (*process.Process, error) {
	config, traces := filepath.Join(b.dir, "agent.yaml"), ""
	if withSpans {
		traces = agentTraces
	}
	if err := os.WriteFile(config, fmt.Appendf(nil, agentConfig, traces), 0o600); err != nil {
		return nil, err
	}
	c, err := process.Start(process.Command{Path: "bin/otelcol-sloe", Args: []string{"--config", config}})
	if err != nil {
		return nil, err
	}
	if _, err := c.WaitStderr("Everything is ready", patience); err != nil {
		return nil, errors.Join(err, c.Kill())
	}
	return c, nil
}

func measureAgent(b *bed, withSpans bool, d time.Duration) (a agent, err error) {
	a.Mode = sloeCounts
	if withSpans {
		a.Mode = sloeSpans
	}
	w := &workload{Name: "agent", Turn: "request"}
	defer w.stop()
	address, err := b.serve(w)
	if err != nil {
		return a, err
	}
	if err := b.play(w, "client", "-address", address, "-rate", strconv.Itoa(agentRate),
		"-connections", strconv.Itoa(agentConnections), "-group", strconv.Itoa(agentGroup)); err != nil {
		return a, err
	}
	if err := waitUndisturbed(patienceWithOthers); err != nil {
		return a, err
	}
	a.CalibrationNs[0] = calibrate()
	c, err := b.startCollector(withSpans)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, c.Stop(patience)) }()
	time.Sleep(2 * time.Second) // for the first seconds' identities and buffers
	cpu, err := cpuOf(c.PID())
	if err != nil {
		return a, err
	}
	turns, start := w.turns(), time.Now()
	for time.Since(start) < d {
		time.Sleep(100 * time.Millisecond)
		resident, err := residentMB(c.PID())
		if err != nil {
			return a, err
		}
		a.ResidentMB = max(a.ResidentMB, resident)
	}
	turns = w.turns() - turns
	after, err := cpuOf(c.PID())
	if err != nil {
		return a, err
	}
	a.Rate = float64(turns) / time.Since(start).Seconds()
	a.NsExchange = float64(after-cpu) / float64(turns) / exchangesATurn
	a.CalibrationNs[1] = calibrate()
	return a, nil
}

// residentMB returns the resident memory of a process in 10^6 bytes.
func residentMB(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/%d/statm is %q", pid, raw)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return float64(pages) * float64(os.Getpagesize()) / 1e6, err
}

// calibrate returns the CPU nanoseconds of a piece of work that everybody can repeat.
func calibrate() float64 {
	const n = 2_000_000
	var block [64]byte
	before, _ := cpuOf(os.Getpid())
	for range n {
		sum := sha256.Sum256(block[:])
		copy(block[:], sum[:])
	}
	after, _ := cpuOf(os.Getpid())
	return float64(after-before) / n
}

// SPDX-License-Identifier: Apache-2.0

package collectorbed

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// SelfMetrics are a collector's own metrics as its Prometheus endpoint serves them.
type SelfMetrics []sample

type sample struct {
	name, labels string
	value        float64
}

// ReadSelfMetrics gets the URL of the endpoint.
func ReadSelfMetrics(url string) (SelfMetrics, error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", url, err)
	}
	return parseSelfMetrics(string(body))
}

func parseSelfMetrics(text string) (SelfMetrics, error) {
	var out SelfMetrics
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		if at < 0 {
			return nil, fmt.Errorf("metrics: %q has no value", line)
		}
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %q: %w", line, err)
		}
		name, labels, _ := strings.Cut(line[:at], "{")
		out = append(out, sample{name, labels, value})
	}
	return out, nil
}

// Sum adds up the series of a metric whose labels hold all of those given, such as
// `way="spilled"`. The name goes without
// the prefix and the suffix of the exposition.
func (m SelfMetrics) Sum(name string, labels ...string) uint64 {
	var sum float64
next:
	for _, s := range m {
		if s.name != "otelcol_"+name && s.name != "otelcol_"+name+"_total" {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(s.labels, l) {
				continue next
			}
		}
		sum += s.value
	}
	return uint64(sum)
}

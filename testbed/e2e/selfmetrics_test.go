// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var sampleLine = regexp.MustCompile(`^otelcol_receiver_ebpf_([a-z_]+)(?:\{(.*)\})? ([0-9.e+]+)$`)

// scrape reads the receiver's own metrics from the collector's endpoint: values by
// name and a label, such as "lost reason=fault", and the sum under the name alone.
func (b *bed) scrape(t *testing.T, label string) map[string]float64 {
	t.Helper()
	response, err := http.Get(b.self)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	out := map[string]float64{}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		m := sampleLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		value, err := strconv.ParseFloat(m[3], 64)
		require.NoError(t, err)
		out[m[1]] += value
		for _, pair := range strings.Split(m[2], ",") {
			if name, quoted, _ := strings.Cut(pair, "="); name == label {
				out[m[1]+" "+strings.Trim(quoted, `"`)] += value
			}
		}
	}
	return out
}

// TestSelfMetrics: the receiver's own metrics, of one collection, prove that every
// ended exchange was placed, and tell why those without a record have none.
func TestSelfMetrics(t *testing.T) {
	name := serviceName("told")
	b := startBed(t, bedOptions{
		ebpf: "{max_cpu: 2, metrics_interval: 1s, sampling: {ratio: 0.5, max_per_second: 100, always: []}}",
	})
	server := startGoServer(t, name)
	sent := send(t, server, 2000, 100)
	b.waitBudget(t, name, "http_availability", sent, patience)

	for range 5 { // while whatever else runs on this host goes on
		m := b.scrape(t, "reason")
		// between the two counts of one exchange a hook is running: one on each CPU, at most
		assert.InDelta(t, m["exchanges_ended"], m["exchanges_placed"], 16)
		time.Sleep(100 * time.Millisecond)
	}
	m := b.scrape(t, "reason")
	assert.NotZero(t, m["exchanges_placed sampled"])
	assert.NotZero(t, m["exchanges_placed rate_limited"])
	assert.Zero(t, m["exchanges_placed paused"]+m["exchanges_placed shed"])
	assert.Zero(t, m["lost uncounted"])
	for _, metric := range []string{"cpu_time", "ring_unread", "map_entries", "map_limit", "shed_level", "paused", "held", "pending", "processes"} {
		assert.Contains(t, m, metric)
	}
	assert.Positive(t, m["cpu_time"])
	byMap := b.scrape(t, "map")
	assert.EqualValues(t, 8192, byMap["map_limit aggregates"])
	assert.EqualValues(t, 16384, byMap["map_limit processes"])
	require.Eventually(t, func() bool {
		byMap = b.scrape(t, "map")
		return byMap["map_entries aggregates"] > 0 && byMap["map_entries processes"] > 0
	}, patience, 100*time.Millisecond)
	b.Terminate(t)
	counted := server.Counts(t)
	requireExact(t, b.tallies(t)[name], counted.Total(200, 299), counted.Total(500, 599), 0)
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
	"github.com/sloe-dev/sloe/testbed/workload/prometheusbed"
)

// past is what Prometheus holds of some days, and what that is in events.
type past struct {
	text      strings.Builder
	good, bad map[string]uint64
}

// write writes a counter, scraped every minute from an instant on: it starts at
// zero, at times it is not scraped for a while, and at times it begins again.
func (p *past) write(r *rand.Rand, service, instance, outcome string, from, to time.Time, mean uint64, total map[string]uint64) {
	value := uint64(0)
	for now := from; now.Before(to); now = now.Add(time.Minute) {
		fmt.Fprintf(&p.text, "sli_events_total{instance=%q,service_name=%q,sli_name=\"http_availability\",sli_outcome=%q} %d %d.%03d\n",
			instance, service, outcome, value, now.Unix(), r.IntN(1000))
		n := r.Uint64N(2*mean + 1)
		switch r.IntN(1500) {
		case 0:
			n = r.Uint64N(value + 1)
			total[service] += n
			value = n
			continue
		case 1:
			now = now.Add(time.Duration(r.IntN(180)) * time.Minute)
		}
		if next := now.Add(time.Minute); next.Before(to) {
			total[service] += n
			value += n
		}
	}
}

func newPast(r *rand.Rand, from, to time.Time) *past {
	p := &past{good: map[string]uint64{}, bad: map[string]uint64{}}
	p.text.WriteString("# TYPE sli_events counter\n")
	for _, service := range []string{"shop", "cart"} {
		for _, instance := range []string{"a", "b"} {
			p.write(r, service, instance, "good", from, to, 1000, p.good)
			p.write(r, service, instance, "bad", from, to, 2, p.bad)
		}
	}
	p.text.WriteString("# EOF\n")
	return p
}

// A new store begins with the past that Prometheus holds, to the event; whether
// Prometheus goes on to be the source or the connector is. A collector that is
// killed while it reads goes on.
func TestHistoryFromPrometheus(t *testing.T) {
	needsPrometheus(t)
	to := time.Now().Add(-10 * time.Minute).Truncate(time.Minute)
	p := newPast(rand.New(rand.NewPCG(7, 8)), to.Add(-4*24*time.Hour), to)
	prometheus := prometheusbed.Start(t, prometheusbed.Options{Past: p.text.String()})
	for _, source := range []string{"prometheus", "connector"} {
		t.Run(source, func(t *testing.T) {
			o := readerOptions{source: source, prometheus: prometheus.URL, catalogue: shopCatalogue, backfill: 5 * 24 * time.Hour}
			reader := startReader(t, o)
			done := "Prometheus is read up to now."
			if source == "connector" {
				done = "The history from Prometheus is served."
			}
			for range 3 {
				require.NoError(t, reader.Kill())
				o.dir = reader.Dir
				reader = startReader(t, o)
			}
			_, err := reader.WaitStderr(done, 2*patience)
			require.NoError(t, err)
			for _, service := range []string{"shop", "cart"} {
				read := reader.budgetOf(t, service, slo.HTTPAvailability)
				assert.Equal(t, p.good[service], read.Good, service)
				assert.Equal(t, p.bad[service], read.Bad, service)
				assert.Zero(t, read.Uncertain, service)
			}
			if source == "connector" {
				reader.sendMetrics(t, unspanned("shop", 70, 7))
				read := reader.waitForValid(t, "shop", slo.HTTPAvailability, p.good["shop"]+p.bad["shop"]+77)
				assert.Equal(t, p.bad["shop"]+7, objective(read, slo.HTTPAvailability).Bad, "what it counts itself is added")
			}
			reader.Terminate(t)
			again := startReader(t, o)
			read := again.budgetOf(t, "cart", slo.HTTPAvailability)
			assert.Equal(t, p.good["cart"], read.Good, "nothing is read twice")
			again.Terminate(t)
		})
	}
}

// The shipped example does what it says, by its environment alone.
func TestTheExampleOfAPrometheusSource(t *testing.T) {
	needsPrometheus(t)
	to := time.Now().Add(-10 * time.Minute).Truncate(time.Minute)
	p := newPast(rand.New(rand.NewPCG(9, 10)), to.Add(-6*time.Hour), to)
	prometheus := prometheusbed.Start(t, prometheusbed.Options{Past: p.text.String()})
	config, err := os.ReadFile(filepath.Join(process.Root(t), "distribution", "configs", "prometheus-source.yaml"))
	require.NoError(t, err)
	address, state := nginxbed.FreeAddress(t), t.TempDir()
	reader := gateway{budget: "http://" + address}
	reader.Collector = collectorbed.Start(t, collectorbed.Options{
		Program: collectorbed.Program(t), Config: string(config),
		Env: []string{
			"SLOE_PROMETHEUS=" + prometheus.URL, "SLOE_BUDGET_ADDRESS=" + address, "SLOE_STORAGE_DIRECTORY=" + state,
			"SLOE_CATALOGUE=" + filepath.Join(process.Root(t), "distribution", "configs", "service_catalog.yaml"),
		},
	})
	_, err = reader.WaitStderr("Prometheus is read up to now.", patience)
	require.NoError(t, err)
	for _, service := range []string{"shop", "cart"} {
		read := reader.budgetOf(t, service, slo.HTTPAvailability)
		assert.Equal(t, [2]uint64{p.good[service], p.bad[service]}, [2]uint64{read.Good, read.Bad}, service)
	}
	reader.Terminate(t)
}

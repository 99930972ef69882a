// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// readerConfig is a collector that keeps the budgets of what a Prometheus counts.
// It has an sli connector too, which may count nothing into them.
const readerConfig = `
receivers:
  otlp: {protocols: {http: {endpoint: "${env:OTLP_ADDRESS}"}}}
connectors:
  sli: {error_budget: error_budget}
exporters:
  nop:
extensions:
  error_budget:
    http: {endpoint: "${env:BUDGET_ADDRESS}"}
    catalogue: ${env:SLOE_TEST_DIR}/catalogue.yaml
    storage_directory: ${env:SLOE_TEST_DIR}/state
    source: ${env:SOURCE}
    prometheus:
      endpoint: ${env:PROMETHEUS}
      interval: 1s
      overlap: 10s
      backfill: ${env:BACKFILL}
service:
  telemetry: {metrics: {level: none}}
  extensions: [error_budget]
  pipelines:
    metrics: {receivers: [otlp], exporters: [sli]}
    metrics/indicators: {receivers: [sli], exporters: [nop]}
`

// readerOptions say what to start.
type readerOptions struct {
	source, prometheus, catalogue, dir string
	backfill                           time.Duration
}

func startReader(t *testing.T, o readerOptions) gateway {
	t.Helper()
	if o.source == "" {
		o.source = "prometheus"
	}
	otlp, budget := nginxbed.FreeAddress(t), nginxbed.FreeAddress(t)
	return gateway{
		Collector: collectorbed.Start(t, collectorbed.Options{
			Program: collectorbed.Program(t), Config: readerConfig, Dir: o.dir,
			Files: map[string]string{"catalogue.yaml": o.catalogue},
			Env: []string{
				"OTLP_ADDRESS=" + otlp, "BUDGET_ADDRESS=" + budget, "PROMETHEUS=" + o.prometheus,
				"SOURCE=" + o.source, "BACKFILL=" + o.backfill.String(),
			},
		}),
		otlp: "http://" + otlp, budget: "http://" + budget,
	}
}

// counts returns what is served of an indicator of a service.
func (g gateway) counts(t *testing.T, service string) budgetapi.SLO {
	t.Helper()
	var answer budgetapi.Budgets
	_, err := collectorbed.GetJSON(g.budget+"/v1/budgets", &answer)
	require.NoError(t, err)
	for _, s := range answer.Services {
		if s.Name == service {
			return objective(s, slo.HTTPAvailability)
		}
	}
	return budgetapi.SLO{}
}

// exposed is a target that shows counters as the product's prometheus exporter does.
type exposed struct {
	*httptest.Server

	mu       sync.Mutex
	instance string
	good     uint64
	bad      uint64
	away     bool
	scrapes  int
}

func expose(t *testing.T) *exposed {
	e := &exposed{instance: "agent-1"}
	e.Server = httptest.NewServer(http.HandlerFunc(e.show))
	t.Cleanup(e.Close)
	return e
}

func (e *exposed) show(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scrapes++
	if e.away {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var b strings.Builder
	b.WriteString("# TYPE sli_events_total counter\n")
	for outcome, n := range map[string]uint64{"good": e.good, "bad": e.bad} {
		fmt.Fprintf(&b, "sli_events_total{job=\"shop\",instance=%q,service_name=\"shop\",sli_name=\"http_availability\",sli_outcome=%q} %d\n", e.instance, outcome, n)
	}
	_, _ = w.Write([]byte(b.String()))
}

func (e *exposed) set(change func(*exposed)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *exposed) add(good, bad uint64) { e.set(func(e *exposed) { e.good += good; e.bad += bad }) }

// scraped waits until what is shown now was scraped: two scrapes later the first is
// stored.
func (e *exposed) scraped(t *testing.T) {
	t.Helper()
	seen := func() int {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.scrapes
	}
	before := seen()
	require.Eventually(t, func() bool { return seen() >= before+2 }, patience, 20*time.Millisecond, "prometheus does not scrape")
}

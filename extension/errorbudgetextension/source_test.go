// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadatatest"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// mimir answers as Mimir does: for one tenant, behind a path.
type mimir struct {
	*httptest.Server
	mu     sync.Mutex
	series map[string][]string // samples by labels
	away   bool
}

func startMimir(t *testing.T) *mimir {
	m := &mimir{series: map[string][]string{}}
	m.Server = httptest.NewServer(http.HandlerFunc(m.answer))
	t.Cleanup(m.Close)
	return m
}

func (m *mimir) answer(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.away:
		http.Error(w, "no ingester is ready", http.StatusServiceUnavailable)
		return
	case r.Header.Get("X-Scope-OrgID") != "shop":
		http.Error(w, "no org id", http.StatusUnauthorized)
		return
	case r.URL.Path != "/prometheus/api/v1/query":
		http.NotFound(w, r)
		return
	}
	metric, _, _ := strings.Cut(r.URL.Query().Get("query"), "{")
	var found []string
	for labels, samples := range m.series {
		if strings.Contains(labels, strconv.Quote(metric)) {
			found = append(found, fmt.Sprintf(`{"metric":{%s},"values":[%s]}`, labels, strings.Join(samples, ",")))
		}
	}
	fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[%s]}}`, strings.Join(found, ","))
}

// add adds a sample: of all that there are, each answer holds every one.
func (m *mimir) add(metric, labels string, at time.Time, value int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := fmt.Sprintf(`"__name__":%q,"service_name":"shop","service_namespace":"retail","deployment_environment_name":"prod",%s`, metric, labels)
	m.series[key] = append(m.series[key], fmt.Sprintf(`[%d.%03d,"%d"]`, at.Unix(), at.UnixMilli()%1000, value))
}

func (m *mimir) set(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

const (
	shopGood = `"instance":"a","sli_name":"http_availability","sli_outcome":"good"`
	shopBad  = `"instance":"a","sli_name":"http_availability","sli_outcome":"bad"`
)

func mimirConfig(t *testing.T, m *mimir) *Config {
	cfg := testConfig(t)
	cfg.Source = sourcePrometheus
	cfg.Prometheus.Client.Endpoint = m.URL + "/prometheus"
	cfg.Prometheus.Client.Headers.Set("X-Scope-OrgID", configopaque.String("shop"))
	cfg.Prometheus.Interval = 20 * time.Millisecond
	return cfg
}

func TestFromPrometheusToTheGate(t *testing.T) {
	m := startMimir(t)
	begin := time.Now()
	m.add("sli_events_total", shopGood, begin, 0)
	m.add("sli_events_total", shopBad, begin, 0)
	d := startDesk(t, mimirConfig(t, m))
	m.add("sli_events_total", shopGood, begin.Add(time.Millisecond), 9_990)
	m.add("sli_events_total", shopBad, begin.Add(time.Millisecond), 10)
	g := d.eventuallyValid(10_000)
	assert.Equal(t, "NORMAL", g.State)
	assert.Equal(t, 0.8, g.Budget.Remaining)
	var b budgetapi.Budgets
	d.get("/v1/budgets/shop", &b)
	definition, _ := slo.BuiltInDefinition(slo.HTTPAvailability, slo.Limit{})
	assert.Equal(t, string(definition), b.Services[0].SLOs[0].Definition, "as the connector counts it")

	// What hangs is down, as it is with the connector.
	m.add("sloe_exchanges_open", `"instance":"a","sloe_kind":"server","sloe_protocol":"http"`, time.Now(), 3)
	m.add("sloe_exchanges_open", `"instance":"a","sloe_kind":"server","sloe_protocol":"grpc"`, time.Now(), 1)
	m.add("sloe_exchanges_open", `"instance":"a","sloe_kind":"client","sloe_protocol":"http"`, time.Now(), 9)
	require.Eventually(t, func() bool {
		d.get("/v1/budgets/shop", &b)
		return b.Services[0].OpenRequests == 4
	}, 10*time.Second, 5*time.Millisecond)
}

// Nobody else may feed it.
func TestPrometheusIsTheOnlyFeeder(t *testing.T) {
	m := startMimir(t)
	begin := time.Now()
	m.add("sli_events_total", shopGood, begin, 0)
	d := startDesk(t, mimirConfig(t, m))
	assert.Equal(t, "prometheus", d.SuppliedBy())
	d.count(50, 50)
	d.Open(shop, slo.MinuteOf(time.Now()), 7, writer)
	m.add("sli_events_total", shopGood, begin.Add(time.Millisecond), 4)
	d.eventuallyValid(4)
	var b budgetapi.Budgets
	d.get("/v1/budgets/shop", &b)
	assert.Zero(t, b.Services[0].OpenRequests)
	assert.Equal(t, 1, d.logs.FilterMessageSnippet("Counts are told that are read from Prometheus already").Len())
	refused, err := d.telemetry.GetMetric("otelcol_extension_error_budget_refused_events")
	require.NoError(t, err)
	found := int64(0)
	for _, p := range refused.Data.(metricdata.Sum[int64]).DataPoints {
		if reason, _ := p.Attributes.Value("reason"); reason.AsString() == "other_feeder" {
			found = p.Value
		}
	}
	assert.EqualValues(t, 3, found)
}

// A Prometheus that is away is a recoverable error, and named.
func TestPrometheusIsAway(t *testing.T) {
	m := startMimir(t)
	m.set(true)
	begin := time.Now()
	m.add("sli_events_total", shopGood, begin, 0)
	d := startDesk(t, mimirConfig(t, m))
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusRecoverableError }, 10*time.Second, 5*time.Millisecond)
	said := d.logs.FilterMessageSnippet("Prometheus cannot be read").All()
	require.Len(t, said, 1, "it is said once")
	assert.Contains(t, fmt.Sprint(said[0].ContextMap()["error"]), `status 503 Service Unavailable: "no ingester is ready"`)
	var g budgetapi.Gate
	d.get("/v1/gate/shop", &g)
	assert.Equal(t, "UNKNOWN", g.State)
	m.set(false)
	m.add("sli_events_total", shopGood, begin.Add(time.Millisecond), 5)
	d.eventuallyValid(5)
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusOK }, 10*time.Second, 5*time.Millisecond)
	reads, err := d.telemetry.GetMetric("otelcol_extension_error_budget_prometheus_reads")
	require.NoError(t, err)
	assert.Len(t, reads.Data.(metricdata.Sum[int64]).DataPoints, 2, "failures and successes")
}

func TestPrometheusTelemetry(t *testing.T) {
	m := startMimir(t)
	begin := time.Now()
	m.add("sli_events_total", shopGood, begin.Add(-time.Second), 1000) // of before
	m.add("sli_events_total", shopGood, begin, 1005)
	m.add("sli_events_total", shopGood, begin.Add(time.Millisecond), 2)
	m.add("sli_events_total", `"sli_name":"http_availability","sli_outcome":"neither"`, begin, 1)
	cfg := mimirConfig(t, m)
	cfg.Prometheus.MaxSeries = 1
	cfg.Prometheus.Interval = time.Hour // one read
	d := startDesk(t, cfg)
	d.eventuallyValid(7)
	opts := []metricdatatest.Option{metricdatatest.IgnoreTimestamp()}
	point := func(value int64, reason string) metricdata.DataPoint[int64] {
		p := metricdata.DataPoint[int64]{Value: value}
		if reason != "" {
			p.Attributes = attribute.NewSet(attribute.String("reason", reason))
		}
		return p
	}
	metadatatest.AssertEqualExtensionErrorBudgetPrometheusUncounted(t, d.telemetry, []metricdata.DataPoint[int64]{point(1000, "baseline")}, opts...)
	metadatatest.AssertEqualExtensionErrorBudgetPrometheusResets(t, d.telemetry, []metricdata.DataPoint[int64]{point(1, "")}, opts...)
	metadatatest.AssertEqualExtensionErrorBudgetPrometheusRefusedSamples(t, d.telemetry, []metricdata.DataPoint[int64]{point(1, "unknown_labels")}, opts...)
	metadatatest.AssertEqualExtensionErrorBudgetPrometheusSeries(t, d.telemetry, []metricdata.DataPoint[int64]{point(1, "")}, opts...)
	behind, err := d.telemetry.GetMetric("otelcol_extension_error_budget_prometheus_behind")
	require.NoError(t, err)
	assert.Positive(t, behind.Data.(metricdata.Gauge[float64]).DataPoints[0].Value)
}

// More series than are followed are trouble that is said.
func TestMorePrometheusSeriesThanAreFollowed(t *testing.T) {
	m := startMimir(t)
	begin := time.Now()
	for i := range 3 {
		m.add("sli_events_total", fmt.Sprintf(`"instance":"%d","sli_name":"http_availability","sli_outcome":"good"`, i), begin, 0)
	}
	cfg := mimirConfig(t, m)
	cfg.Prometheus.MaxSeries = 2
	d := startDesk(t, cfg)
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusRecoverableError }, 10*time.Second, 5*time.Millisecond)
	said := d.logs.FilterMessageSnippet("Prometheus cannot be read").All()
	require.NotEmpty(t, said)
	assert.Contains(t, fmt.Sprint(said[0].ContextMap()["error"]), "`prometheus::max_series`")
}

// A new store of the connector's counts begins with the past, once.
func TestBackfillBesideTheConnector(t *testing.T) {
	m := startMimir(t)
	begin := time.Now()
	for i := range 40 {
		m.add("sli_events_total", shopGood, begin.Add(time.Duration(i-42)*time.Minute), i*10)
	}
	cfg := mimirConfig(t, m)
	cfg.Source = sourceConnector
	cfg.Prometheus.Backfill = time.Hour
	cfg.Prometheus.Overlap = 0
	d := startDesk(t, cfg)
	assert.Empty(t, d.SuppliedBy())
	definition, _ := slo.BuiltInDefinition(slo.HTTPAvailability, slo.Limit{})
	add := func(d *desk) {
		d.Heartbeat(slo.MinuteOf(time.Now()), writer)
		d.Add(shopOK, slo.MinuteOf(time.Now()), 5, 0, definition, writer)
	}
	add(d)
	d.eventuallyValid(395)
	assert.Equal(t, 1, d.logs.FilterMessage("The history from Prometheus is served.").Len())
	require.NoError(t, d.Shutdown(t.Context()))

	again := startDesk(t, cfg)
	add(again)
	again.eventuallyValid(400)
}

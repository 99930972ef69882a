// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"compress/gzip"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	update = flag.Bool("update", false, "write the golden files")
	noon   = time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)
)

// scrape shows a service that spent 60 % of its budget, a fifth of it within the
// last hour, and one of a name that is no UTF-8.
func scrape(t *testing.T, sloth bool) string {
	t.Helper()
	w := httptest.NewRecorder()
	handler(t, sloth).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	return w.Body.String()
}

func handler(t *testing.T, sloth bool, more ...slo.Service) http.Handler {
	t.Helper()
	ledger := budget.NewLedger(func(slo.Service) time.Duration { return 30 * 24 * time.Hour })
	now := slo.MinuteOf(noon)
	shop, odd := slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}, slo.Service{Name: "odd\xff\"\n"}
	count := func(s slo.Service, minute slo.Minute, good, bad uint64) budget.Increment {
		return budget.Increment{Series: budget.SeriesID{Key: slo.Key{Service: s, SLI: slo.HTTPAvailability}, Definition: "d"},
			Minute: minute, Counts: budget.Counts{Good: good, Bad: bad}}
	}
	ledger.Apply(&budget.Batch{
		Until:      noon,
		Increments: []budget.Increment{count(shop, now-5000, 899_760, 240), count(shop, now-30, 99_940, 60), count(shop, now, 0, 0), count(odd, now, 0, 0)},
		Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: now - 10}, {Service: odd, Instance: "w", Minute: now}},
		Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: now}},
	})
	for _, m := range more {
		ledger.Apply(&budget.Batch{Until: noon, Increments: []budget.Increment{count(m, now, 1, 0)}})
	}
	catalogue, err := slo.ParseCatalogue("c", []byte("services: [{name: shop, tier: tier1}]"))
	require.NoError(t, err)
	return NewHandler(&assess.Assessor{
		Catalogue: func() *slo.Snapshot { return catalogue }, Ledger: func() *budget.Ledger { return ledger },
		Thresholds: policy.DefaultThresholds(), StaleAfter: 3 * time.Minute, Clock: func() time.Time { return noon },
	}, sloth)
}

func TestMetrics(t *testing.T) {
	for name, sloth := range map[string]bool{"native": false, "sloth": true} {
		got := scrape(t, sloth)
		file := filepath.Join("testdata", name+".prom")
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), got)
	}
}

// Every metric is documented, and no other.
func TestMetricsAreDocumented(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "api", "metrics.md"))
	require.NoError(t, err)
	exposed := 0
	for line := range strings.SplitSeq(scrape(t, true), "\n") {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			exposed++
			assert.Contains(t, string(docs), "| `"+strings.Fields(name)[0]+"` |")
		}
	}
	assert.Equal(t, exposed, strings.Count(string(docs), "\n| `"))
}

// What is written is read as it was meant by Prometheus' own parser, also where a
// name holds what has to be escaped.
func TestMetricsAreText(t *testing.T) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(scrape(t, true)))
	require.NoError(t, err)
	assert.Len(t, families, len(native())+len(slothFamilies()))
	var names []string
	for _, m := range families["sloe_slo_good_events"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "service_name" {
				names = append(names, l.GetValue())
			}
		}
	}
	assert.Equal(t, []string{"odd�\"\n", "shop"}, names)
	assert.InDelta(t, 999_700, families["sloe_slo_good_events"].GetMetric()[1].GetGauge().GetValue(), 0)
}

// TestCollidingNames: of services whose names differ only in bytes that Prometheus
// cannot hold one is shown: a series twice would cost it the scrape.
func TestCollidingNames(t *testing.T) {
	w := httptest.NewRecorder()
	handler(t, false, slo.Service{Name: "odd\xfe\"\n"}, slo.Service{Name: "odd�\"\n"}).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	assert.Equal(t, 1, strings.Count(w.Body.String(), `sloe_service_open_requests{deployment_environment_name="",service_name="odd�`))
}

func TestCompression(t *testing.T) {
	for _, tt := range []struct {
		accepted string
		packed   bool
	}{
		{"", false}, {"gzip", true}, {"br, gzip;q=0.5", true}, {"GZIP", true}, {"gzip;q=0", false}, {"gzip; q=0.0", false}, {"br", false}, {"identity", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
		r.Header.Set("Accept-Encoding", tt.accepted)
		w := httptest.NewRecorder()
		handler(t, true).ServeHTTP(w, r)
		var body io.Reader = w.Body
		assert.Equal(t, tt.packed, w.Header().Get("Content-Encoding") == "gzip", tt.accepted)
		if tt.packed {
			unpacked, err := gzip.NewReader(w.Body)
			require.NoError(t, err)
			body = unpacked
		}
		got, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.Equal(t, scrape(t, true), string(got), tt.accepted)
	}
}

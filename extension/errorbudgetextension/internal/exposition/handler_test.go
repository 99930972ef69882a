// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	catalogue, err := slo.ParseCatalogue("c", []byte("services: [{name: shop, tier: tier1}]"))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	NewHandler(&assess.Assessor{
		Catalogue: func() *slo.Snapshot { return catalogue }, Ledger: func() *budget.Ledger { return ledger },
		Thresholds: policy.DefaultThresholds(), StaleAfter: 3 * time.Minute, Clock: func() time.Time { return noon },
	}, sloth).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	return w.Body.String()
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

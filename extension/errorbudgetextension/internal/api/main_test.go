// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/admission"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/exposition"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/github"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/override"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/ui"
	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const catalogue = `
services:
  - name: shop
    tier: tier1
    team: retail
  - name: quiet
    tier: tier2
  - name: lenient
    slo: {on_unknown: open}
  - name: rare
    slo: {min_events: 100}
`

const hookSecret = "it is a secret"

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)
	writer = slo.Writer{Instance: "w1"}
)

// desk is the handler over counts that a test applies directly.
type desk struct {
	http.Handler
	t         testing.TB
	ledger    *budget.Ledger
	assessor  *assess.Assessor
	decisions []budgetapi.Gate
	alerts    []alert.Alert
	audit     *auditlog.Log
	auditDir  string
	plan      *maintenance.Plan
	added     *maintenance.Book
	set       Settings
	schemas   map[string]*jsonschema.Schema
}

func newDesk(t testing.TB) *desk {
	snapshot, err := slo.ParseCatalogue("catalogue", []byte(catalogue))
	require.NoError(t, err)
	d := &desk{t: t, schemas: schemas(t), auditDir: t.TempDir()}
	d.ledger = budget.NewLedger(func(s slo.Service) time.Duration { return snapshot.Lookup(s).Window })
	assessor := &assess.Assessor{
		Catalogue:  func() *slo.Snapshot { return snapshot },
		Ledger:     func() *budget.Ledger { return d.ledger },
		Thresholds: policy.DefaultThresholds(),
		StaleAfter: 3 * time.Minute,
		Clock:      func() time.Time { return noon },
	}
	d.assessor = assessor
	audit, _, err := auditlog.Open(d.auditDir, noon)
	require.NoError(t, err)
	t.Cleanup(func() { _ = audit.Close() }) // a test may have closed it
	book, err := override.NewBook(audit, nil, assessor.Clock)
	require.NoError(t, err)
	assessor.Override = book.For
	d.audit = audit
	d.plan, err = maintenance.Parse("exclusions", []byte(exclusionsFile))
	require.NoError(t, err)
	d.added, err = maintenance.NewBook(audit, nil, assessor.Clock)
	require.NoError(t, err)
	d.set = Settings{
		Exclusions: d,
		Overrides:  book,
		Audit:      audit,
		Guarded:    true,
		Who:        func(*http.Request) string { return "ann@example" },
		Assessor:   assessor,
		Decided:    func(g budgetapi.Gate) { d.decisions = append(d.decisions, g) },
		Alerts:     func() []alert.Alert { return d.alerts },
		Page:       ui.NewHandler(assessor),
		Metrics:    exposition.NewHandler(assessor, true),
		Admission:  admission.DefaultKeys(),
		GitHub:     github.New(github.Settings{Secret: []byte(hookSecret), Client: http.DefaultClient, Clock: assessor.Clock}),
	}
	d.Handler = NewHandler(d.set)
	return d
}

// count makes good and bad events of an indicator durable, and measured.
func (d *desk) count(s slo.Service, sli string, good, bad uint64) {
	d.countAs(s, sli, "0123456789abcdef", good, bad)
	d.ledger.Apply(&budget.Batch{Until: noon, Heartbeats: []budget.Heartbeat{{Instance: "w1", Minute: slo.MinuteOf(noon)}}})
}

func (d *desk) countAs(s slo.Service, sli string, definition slo.Definition, good, bad uint64) {
	now := slo.MinuteOf(noon)
	d.ledger.Apply(&budget.Batch{
		Until: noon,
		Increments: []budget.Increment{{
			Series: budget.SeriesID{Key: slo.Key{Service: s, SLI: sli}, Definition: definition},
			Minute: now, Counts: budget.Counts{Good: good, Bad: bad},
		}},
		Sights: []budget.Sight{{Service: s, Instance: "w1", Minute: now}},
	})
}

// call asks and holds the answer against its schema.
func (d *desk) call(method, target, schema string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.post(httptest.NewRequest(method, target, http.NoBody), schema)
}

func (d *desk) post(r *http.Request, schema string) *httptest.ResponseRecorder {
	d.t.Helper()
	w, target := httptest.NewRecorder(), r.URL.Path
	d.ServeHTTP(w, r)
	require.Equal(d.t, "application/json", w.Header().Get("Content-Type"), target)
	require.Equal(d.t, "no-store", w.Header().Get("Cache-Control"), target)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	require.NoError(d.t, err, w.Body)
	require.NoError(d.t, d.schemas[schema].Validate(value), w.Body)
	return w
}

func (d *desk) gate(target string) budgetapi.Gate {
	d.t.Helper()
	w := d.call(http.MethodGet, target, "gate")
	require.Equal(d.t, http.StatusOK, w.Code)
	return decode[budgetapi.Gate](d.t, w)
}

func decode[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var out T
	decoder := json.NewDecoder(w.Body)
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&out))
	return out
}

func schemas(t testing.TB) map[string]*jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	names := []string{"gate", "budgets", "error", "alerts", "admission", "github", "override", "overrides", "audit", "exclusion", "exclusions"}
	for _, name := range names {
		data, err := budgetapi.Schemas.ReadFile("schema/" + name + ".schema.json")
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err)
		require.NoError(t, compiler.AddResource("https://sloe.dev/schema/"+name+".json", doc))
	}
	out := map[string]*jsonschema.Schema{}
	for _, name := range names {
		schema, err := compiler.Compile("https://sloe.dev/schema/" + name + ".json")
		require.NoError(t, err)
		out[name] = schema
	}
	return out
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// SPDX-License-Identifier: Apache-2.0

package replaybed

import (
	"bytes"
	"context"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"

	made "github.com/sloe-dev/sloe/internal/rules"
	"github.com/sloe-dev/sloe/internal/slo"
)

// prometheus is Prometheus's storage, query engine and rule engine under a clock
// of the test.
type prometheus struct {
	t       *testing.T
	storage *teststorage.TestStorage
	engine  *promql.Engine
	groups  []*rules.Group
	totals  map[string]float64 // counters by outcome
}

func newPrometheus(t *testing.T, catalogue *slo.Snapshot, o made.Options) *prometheus {
	t.Helper()
	set, err := made.Generate(catalogue.Entries(), o)
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, made.Write(&file, made.Prometheus, set.Files...))
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, file.Bytes(), 0o600))

	p := &prometheus{t: t, storage: teststorage.New(t), totals: map[string]float64{}}
	p.engine = promqltest.NewTestEngine(t, false, 5*time.Minute, 100_000_000)
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(p.engine, p.storage), Appendable: p.storage, Queryable: p.storage,
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, ExternalURL: &url.URL{}, Context: t.Context(),
	})
	groups, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, path)
	require.Empty(t, errs)
	for _, g := range groups {
		p.groups = append(p.groups, g)
	}
	return p
}

// scrape stores the counters as they stand at an instant.
func (p *prometheus) scrape(at time.Time) {
	app := p.storage.Appender(p.t.Context())
	for _, outcome := range []string{"good", "bad"} {
		series := labels.FromStrings("__name__", "sli_events_total", "service_name", service.Name,
			"sli_name", indicator, "sli_outcome", outcome, "instance", "collector:8889", "job", "otelcol-sloe")
		_, err := app.Append(0, series, at.UnixMilli(), p.totals[outcome])
		require.NoError(p.t, err)
	}
	require.NoError(p.t, app.Commit())
}

// restart puts the counters to zero, and exports that, as the sli connector does.
func (p *prometheus) restart(at time.Time) {
	p.totals = map[string]float64{}
	p.scrape(at)
}

// evaluate evaluates every group, or those of some interval.
func (p *prometheus) evaluate(at time.Time, interval time.Duration) {
	for _, g := range p.groups {
		if g.Interval() == interval {
			g.Eval(p.t.Context(), at)
			for _, r := range g.Rules() {
				require.NoError(p.t, r.LastError(), r.Name())
			}
		}
	}
}

// firing returns the long windows of the alerts that fire, sorted.
func (p *prometheus) firing() []string {
	var all []string
	for _, g := range p.groups {
		for _, r := range g.AlertingRules() {
			for _, a := range r.ActiveAlerts() {
				if a.State == rules.StateFiring {
					all = append(all, alertKey(a.Labels.Get("long_window")))
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// value asks for the one value of an expression.
func (p *prometheus) value(expr string, at time.Time) float64 {
	q, err := p.engine.NewInstantQuery(p.t.Context(), p.storage, nil, expr, at)
	require.NoError(p.t, err)
	defer q.Close()
	v, err := q.Exec(p.t.Context()).Vector()
	require.NoError(p.t, err)
	require.Len(p.t, v, 1, expr)
	return v[0].F
}

// counted returns the events of 30 days from the raw counters. The millisecond
// takes in the sample at the window's start; the counts are integers.
func (p *prometheus) counted(outcome string, at time.Time) uint64 {
	return uint64(math.Round(p.value(`sum(increase(sli_events_total{sli_outcome="`+outcome+`"}[30d1ms]))`, at)))
}

func alertKey(longWindow string) string {
	if longWindow == "" {
		return "unresponsive"
	}
	return longWindow
}

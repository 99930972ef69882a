// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
	"github.com/sloe-dev/sloe/internal/slo"
)

// bystander is an extension that has nothing to do with error budgets.
type bystander struct {
	component.StartFunc
	component.ShutdownFunc
}

// recorderOnly records and has no catalogue.
type recorderOnly struct {
	bystander
	slo.Recorder
}

func TestFindBudget(t *testing.T) {
	first, second := newFakeBudget(time.Second), newFakeBudget(time.Second)
	firstID, secondID := component.MustNewID("error_budget"), component.MustNewIDWithName("error_budget", "2")
	otherID, noneID := component.MustNewID("pprof"), component.MustNewID("none")
	absentID := component.MustNewIDWithName("error_budget", "absent")
	tests := []struct {
		what       string
		extensions host
		id         *component.ID
		catalogue  string
		want       slo.Recorder
		err        string
	}{
		{what: "no extension at all", extensions: host{}},
		{what: "none that records", extensions: host{otherID: bystander{}}},
		{what: "exactly one", extensions: host{otherID: bystander{}, firstID: first}, want: first},
		{what: "two, one is named", extensions: host{firstID: first, secondID: second}, id: &secondID, want: second},
		{what: "one, but none is wanted", extensions: host{firstID: first}, id: &noneID},
		{what: "two, none is named", extensions: host{firstID: first, secondID: second}, err: "error_budget: must name one of the extensions error_budget, error_budget/2, or none"},
		{what: "the named one is absent", extensions: host{firstID: first}, id: &absentID, err: "error_budget: there is no extension error_budget/absent; add it to service::extensions"},
		{what: "the named one does not record", extensions: host{otherID: bystander{}}, id: &otherID, err: "error_budget: the extension pprof does not record error budgets"},
		{what: "one without a catalogue", extensions: host{firstID: recorderOnly{Recorder: first}}, err: "error_budget: the extension error_budget records counts but has no catalogue"},
		{what: "one that was found, and a file", extensions: host{firstID: first}, catalogue: "c.yaml", err: "catalogue: must be empty beside the extension error_budget, which owns the catalogue; or set error_budget: none"},
		{what: "a file that is not there", extensions: host{}, catalogue: "absent.yaml", err: "catalogue: read catalogue: stat absent.yaml: no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			cfg.ErrorBudget = tt.id
			if tt.catalogue != "" {
				cfg.Catalogue = []string{tt.catalogue}
			}
			c, err := newCounter(connectortest.NewNopSettings(metadata.Type).TelemetrySettings, cfg, consumertest.NewNop())
			require.NoError(t, err)
			err = c.start(t.Context(), tt.extensions)
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				require.NoError(t, c.shutdown(t.Context()), "after a failed start")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, c.recorder)
			require.NoError(t, c.shutdown(t.Context()))
		})
	}
}

// TestCatalogueFile: without the extension the thresholds are those of the file,
// a changed file is in force soon, and a broken one changes nothing.
// suppliedBudget takes its counts from elsewhere.
type suppliedBudget struct {
	*fakeBudget
	by string
}

func (s suppliedBudget) SuppliedBy() string { return s.by }

// An extension that has another feeder is told nothing, named or found; its
// thresholds hold.
func TestASuppliedBudget(t *testing.T) {
	for _, tt := range []struct {
		by   string
		id   *component.ID
		told bool
	}{{"prometheus", nil, false}, {"prometheus", &budgetID, false}, {"", nil, true}} {
		budget := suppliedBudget{newFakeBudget(70 * time.Millisecond), tt.by}
		cfg := createDefaultConfig().(*Config)
		cfg.ErrorBudget = tt.id
		c, err := newCounter(connectortest.NewNopSettings(metadata.Type).TelemetrySettings, cfg, consumertest.NewNop())
		require.NoError(t, err)
		catalogue, err := c.findCatalogue(host{budgetID: budget})
		require.NoError(t, err)
		assert.Equal(t, tt.told, c.recorder != nil)
		assert.Equal(t, 70*time.Millisecond, catalogue.Lookup(slo.Service{Name: "shop"}).LatencyThreshold)
		assert.Nil(t, c.file)
		require.NoError(t, c.start(t.Context(), host{budgetID: budget}))
		require.NoError(t, c.shutdown(t.Context()))
		assert.Equal(t, tt.told, len(budget.beats) > 0)
	}
}

func TestCatalogueFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	// The spans of spansOf take 3 ms.
	const tight, wide = "services: [{name: service-0, slo: {latency_threshold_ms: 2}}]\n",
		"services: [{name: service-0, slo: {latency_threshold_ms: 3}}] # wider\n"
	write(tight)
	synctest.Test(t, func(t *testing.T) {
		cfg := createDefaultConfig().(*Config)
		cfg.Catalogue = []string{path}
		sink := new(consumertest.MetricsSink)
		c, err := newCounter(connectortest.NewNopSettings(metadata.Type).TelemetrySettings, cfg, sink)
		require.NoError(t, err)
		require.NoError(t, c.start(t.Context(), host{}))
		c.consumeTraces(t.Context(), spansOf(1, 1))
		for _, text := range []string{wide, "services: 7\n"} {
			write(text)
			time.Sleep(3*heartbeatInterval + time.Second) // a file is read once it rests
			synctest.Wait()
			c.consumeTraces(t.Context(), spansOf(1, 1))
		}
		require.NoError(t, c.shutdown(t.Context()))
		assert.Equal(t, goodBad{good: 2, bad: 1}, lastExported(t, sink)[slo.HTTPLatency])
	})
}

// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// A service that recovers slowly does not recover by a restart.
func TestStatesOverARestart(t *testing.T) {
	cfg := testConfig(t)
	cfg.Catalogue = []string{filepath.Join(t.TempDir(), "catalogue.yaml")}
	write(t, cfg.Catalogue[0], "services: [{name: shop, tier: tier1, policy: {dwell: 30m}}]")
	d := startDesk(t, cfg)
	d.count(1, 9)
	require.Equal(t, "FREEZE", d.eventuallyValid(10).State)
	d.keepStates(nil)
	shop := assess.Query{Name: "shop"}
	since := d.assessor.One(shop).Since
	require.NotZero(t, since)
	require.NoError(t, d.Shutdown(context.Background()))

	again := startDesk(t, cfg)
	assert.Equal(t, since, again.assessor.One(shop).Since, "it is in its state since then")
	again.count(9_999_990, 0)
	g := again.eventuallyValid(10_000_000)
	assert.Equal(t, "FREEZE", g.State)
	assert.Contains(t, codesOf(g), "RECOVERING")
	assert.Nil(t, g.NextState)
	require.NoError(t, again.Shutdown(context.Background()))

	write(t, filepath.Join(cfg.StorageDirectory, statesFile), "{")
	write(t, filepath.Join(cfg.StorageDirectory, standingsFile), "{")
	last := startDesk(t, cfg)
	assert.Equal(t, 1, last.logs.FilterMessageSnippet("it is told from now on").Len())
	assert.Equal(t, "NORMAL", last.eventuallyValid(10_000_000).State)
	assert.Equal(t, 1, last.logs.FilterMessageSnippet("cannot be read; the plain ones").Len())
}

func codesOf(g budgetapi.Gate) []string {
	var codes []string
	for _, r := range g.Reasons {
		codes = append(codes, r.Code)
	}
	return codes
}

// Kinds of change pass a freeze where the policy says so; a policy on trial stops
// nothing and counts what it would have.
func TestChangesAndShadow(t *testing.T) {
	cfg := testConfig(t)
	cfg.Catalogue = []string{filepath.Join(t.TempDir(), "catalogue.yaml")}
	write(t, cfg.Catalogue[0], "services: [{name: shop, tier: tier1, policy: {pass_freeze: [security]}}]")
	d := startDesk(t, cfg)
	d.count(1, 9)
	require.False(t, d.eventuallyValid(10).Allow)
	var g budgetapi.Gate
	assert.Equal(t, http.StatusOK, d.get("/v1/check/shop?change=security", &g))
	assert.Equal(t, "canary", g.Strategy.Type)
	assert.Equal(t, http.StatusLocked, d.get("/v1/check/shop?change=fix", &g))
	var e budgetapi.Error
	assert.Equal(t, http.StatusBadRequest, d.get("/v1/check/shop?change=hotfix", &e))
	assert.Equal(t, `parameter "change" is one of feature, fix, security, not "hotfix"`, e.Error.Message)
	require.NoError(t, d.Shutdown(context.Background()))

	write(t, cfg.Catalogue[0], "services: [{name: shop, tier: tier1, policy: {shadow: true}}]")
	shadow := startDesk(t, cfg)
	g = shadow.eventuallyValid(10)
	assert.True(t, g.Allow)
	assert.Equal(t, "FREEZE", g.State)
	assert.Contains(t, codesOf(g), "SHADOW")
	stopped, err := shadow.telemetry.GetMetric("otelcol_extension_error_budget_would_stop")
	require.NoError(t, err)
	points := stopped.Data.(metricdata.Sum[int64]).DataPoints
	require.Len(t, points, 1)
	assert.EqualValues(t, 1, points[0].Value)
}

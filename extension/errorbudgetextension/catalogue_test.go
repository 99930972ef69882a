// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// slos returns what /v1/budgets says of the objectives of shop.
func (d *desk) slos() map[string]budgetapi.SLO {
	d.t.Helper()
	var b budgetapi.Budgets
	d.get("/v1/budgets/shop", &b)
	found := map[string]budgetapi.SLO{}
	for _, s := range b.Services {
		for _, o := range s.SLOs {
			found[o.Name] = o
		}
	}
	return found
}

// A directory of files is followed while counts go on: an objective that comes
// later has its past at once, a broken file changes nothing, and no count is lost.
func TestNamedObjectivesOfADirectory(t *testing.T) {
	cfg := testConfig(t)
	directory := t.TempDir()
	cfg.Catalogue = []string{directory}
	write(t, filepath.Join(directory, "tiers.yaml"), "tiers: {gold: {availability: 0.9}}")
	shopFile := filepath.Join(directory, "shop.yaml")
	write(t, shopFile, "services: [{name: shop, tier: gold}]")
	d := startDesk(t, cfg)
	d.count(960, 40)
	assert.Equal(t, "http_availability", d.eventuallyValid(1000).Budget.SLO)

	write(t, shopFile, `services: [{name: shop, tier: gold, slos: [
  {name: this-month, indicator: http_availability, target: 0.95, window: month, time_zone: Asia/Tokyo},
  {name: this-week, indicator: http_availability, window: 7d},
  {name: good-minutes, indicator: http_availability, target: 0.5, slice_target: 0.97, window: 90d},
  {name: fast, indicator: http_latency, threshold_ms: 100}]}]`)
	require.Eventually(t, func() bool { return len(d.slos()) == 4 }, 10*time.Second, 5*time.Millisecond)
	got := d.slos()
	assert.Equal(t, []any{uint64(960), uint64(40), "month Asia/Tokyo", "CANARY"},
		[]any{got["this-month"].Good, got["this-month"].Bad, got["this-month"].Window, got["this-month"].State})
	assert.Equal(t, []any{uint64(40), "7d", "NORMAL"}, []any{got["this-week"].Bad, got["this-week"].Window, got["this-week"].State})
	assert.Equal(t, []any{uint64(1), "90d", "FREEZE"}, []any{got["good-minutes"].Bad, got["good-minutes"].Window, got["good-minutes"].State})
	assert.Zero(t, got["fast"].Valid, "its requests are counted from now on")
	var g budgetapi.Gate
	d.get("/v1/gate/shop", &g)
	assert.Equal(t, []string{"FREEZE", "good-minutes"}, []string{g.State, g.Budget.SLO})
	assert.Contains(t, d.Thresholds(), 100*time.Millisecond)

	now := slo.MinuteOf(time.Now())
	d.Add(slo.Key{Service: shop, SLI: "http_latency_100ms"}, now, 9, 1, "d", writer)
	require.Eventually(t, func() bool { return d.slos()["fast"].Valid == 10 }, 10*time.Second, 5*time.Millisecond)

	write(t, filepath.Join(directory, "broken.yaml"), "services:\n  - name: shop\n")
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusRecoverableError }, 10*time.Second, 5*time.Millisecond)
	said := d.logs.FilterMessageSnippet("the last good one stays in force").All()
	require.Len(t, said, 1)
	assert.Contains(t, said[0].ContextMap()["error"], "shop.yaml:1: services[0] names shop again, which "+filepath.Join(directory, "broken.yaml")+":2 has")
	d.count(1, 0)
	require.Eventually(t, func() bool { return d.slos()["this-week"].Good == 961 }, 10*time.Second, 5*time.Millisecond)
	assert.Len(t, d.slos(), 4)
}

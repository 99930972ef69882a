// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Minutes are kept by indicator, so an objective that is promised later has the
// past of its indicator at once.
func TestAnObjectiveAddedLaterHasItsPast(t *testing.T) {
	cfg := testConfig(t)
	catalogue := filepath.Join(t.TempDir(), "catalogue.yaml")
	cfg.Catalogue = []string{catalogue}
	write(t, catalogue, "services: [{name: shop}]")
	d := startDesk(t, cfg)
	d.count(9_990, 10)
	d.eventuallyValid(10_000)
	write(t, catalogue, "services: [{name: shop, slos: [{name: checkout-up, indicator: http_availability, target: 0.999, window: 7d}]}]")
	require.Eventually(t, func() bool {
		var b budgetapi.Budgets
		if d.get("/v1/budgets/shop", &b) != http.StatusOK || len(b.Services[0].SLOs) != 1 {
			return false
		}
		o := b.Services[0].SLOs[0]
		return o.Name == "checkout-up" && o.Window == "7d" && o.Valid == 10_000 && o.Bad == 10
	}, 10*time.Second, 20*time.Millisecond)
}

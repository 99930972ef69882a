// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Maintenance that is named after the fact takes its counts out of the verdict
// while the collector runs, and gives them back.
func TestExclusionsAreReloaded(t *testing.T) {
	cfg := testConfig(t)
	cfg.Exclusions = filepath.Join(t.TempDir(), "exclusions.yaml")
	write(t, cfg.Exclusions, "exclusions: []")
	d := startDesk(t, cfg)
	d.count(900, 100)
	assert.Equal(t, "FREEZE", d.eventuallyValid(1000).State)

	now := time.Now().UTC()
	write(t, cfg.Exclusions, "exclusions:\n  - {name: move, services: [sh*], start: "+
		now.Add(-time.Hour).Format(time.RFC3339)+", duration: 2h}\n")
	assert.Equal(t, "NORMAL", d.eventuallyValid(0).State)
	var b budgetapi.Budgets
	d.get("/v1/budgets/shop", &b)
	assert.EqualValues(t, 1000, b.Services[0].SLOs[0].Excluded, "nothing is deleted")
	d.count(5, 5)
	require.Eventually(t, func() bool {
		d.get("/v1/budgets/shop", &b)
		return b.Services[0].SLOs[0].Excluded == 1010
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, d.keeper.Rebuild(context.Background()))
	d.eventuallyValid(0)

	write(t, cfg.Exclusions, "exclusions: [{}]")
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusRecoverableError }, 10*time.Second, 5*time.Millisecond)
	assert.Equal(t, "NORMAL", d.eventuallyValid(0).State, "the last good ones stay in force")
	write(t, cfg.Exclusions, "exclusions: [] # none any more")
	assert.Equal(t, "FREEZE", d.eventuallyValid(1010).State)
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusOK }, 10*time.Second, 5*time.Millisecond)
}

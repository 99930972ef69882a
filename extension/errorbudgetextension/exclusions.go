// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
	"github.com/sloe-dev/sloe/internal/slo"
)

const (
	// exclusionsAhead is how far maintenance is looked up that comes again by a
	// rule, and exclusionsEvery how often that is done anew.
	exclusionsAhead = 48 * time.Hour
	exclusionsEvery = time.Hour
)

// exclusions keeps the ledger told which minutes are planned maintenance. It
// belongs to the goroutine that follows the files.
type exclusions struct {
	file *maintenance.File
	told time.Time // when the ledger was last told
}

// startExclusions reads the file, which must be right at the start.
func (e *budgetExtension) startExclusions() error {
	file, err := maintenance.Open(e.cfg.Exclusions)
	if err != nil {
		return fmt.Errorf("`exclusions`: %w", err)
	}
	e.exclusions = exclusions{file: file}
	e.tellExclusions()
	return nil
}

// reloadExclusions puts a changed file in force, and looks ahead again from time
// to time. A broken file leaves the last good one in force and is reported.
func (e *budgetExtension) reloadExclusions() {
	changed, err := e.exclusions.file.Refresh()
	if e.health.report(troubleExclusions, err) && err != nil {
		e.set.Logger.Error("The exclusions cannot be read; the last good ones stay in force.", zap.Error(err))
	}
	if changed {
		e.set.Logger.Info("The exclusions changed.", zap.Int("exclusions", e.exclusions.file.Plan().Len()))
	}
	if changed || !e.clock().Before(e.exclusions.told.Add(exclusionsEvery)) {
		e.tellExclusions()
	}
}

func (e *budgetExtension) tellExclusions() {
	plan, now := e.exclusions.file.Plan(), e.clock()
	from, to := now.Add(-slo.MaxWindow-exclusionsAhead).Truncate(24*time.Hour), now.Add(exclusionsAhead).Truncate(24*time.Hour)
	e.keeper.Ledger().SetExclusions(func(s slo.Service) []budget.Interval { return plan.Intervals(s, from, to) })
	e.exclusions.told = now
}

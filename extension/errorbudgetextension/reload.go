// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// followCatalogue looks at the files of the catalogue and of the exclusions until
// Shutdown.
func (e *budgetExtension) followCatalogue() {
	defer e.done.Done()
	ticker := time.NewTicker(e.cfg.ReloadInterval)
	defer ticker.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-ticker.C:
			e.reload(context.Background())
			e.exclusions.reload()
		}
	}
}

// reload puts a changed catalogue in force. A broken file leaves the last good
// one in force and is reported; counts are untouched either way.
func (e *budgetExtension) reload(ctx context.Context) {
	changed, err := e.catalogue.Refresh()
	if e.health.report(troubleCatalogue, err) && err != nil {
		e.set.Logger.Error("The catalogue cannot be read; the last good one stays in force.", zap.Error(err))
	}
	if !changed {
		return
	}
	e.set.Logger.Info("The catalogue changed.", zap.Int("listed", len(e.catalogue.Snapshot().Entries())),
		zap.Uint64("generation", e.catalogue.Generation()))
	if !e.keeper.Ledger().WindowsChanged() {
		return
	}
	err = e.keeper.Rebuild(ctx)
	e.exclusions.tell() // one that was added meanwhile may have told the old ledger
	if e.health.report(troubleWindows, err) && err != nil {
		e.set.Logger.Error("The changed windows cannot be read from the store; the old ones stay in force.", zap.Error(err))
	}
}

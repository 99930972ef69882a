// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

const (
	// exclusionsAhead is how far maintenance is looked up that comes again by a
	// rule, and exclusionsEvery how often that is done anew.
	exclusionsAhead = 48 * time.Hour
	exclusionsEvery = time.Hour
)

// exclusions keeps the ledger told which minutes are planned maintenance: those of
// the file, and those that people added while the collector runs.
type exclusions struct {
	e    *budgetExtension
	book *maintenance.Book

	mu   sync.Mutex // guards what follows
	file *maintenance.File
	told time.Time // when the ledger was last told
}

// startExclusions reads the file, which must be right at the start. What was added
// is in the audit log, which is open by now.
func (e *budgetExtension) startExclusions() error {
	file, err := maintenance.Open(e.cfg.Exclusions)
	if err != nil {
		return fmt.Errorf("`exclusions`: %w", err)
	}
	book, err := maintenance.NewBook(e.audit, e.recorded, e.clock)
	if err != nil {
		return err
	}
	e.exclusions = &exclusions{e: e, file: file, book: book}
	e.exclusions.tell()
	return nil
}

// reload puts a changed file in force, and looks ahead again from time to time. A
// broken file leaves the last good one in force and is reported.
func (x *exclusions) reload() {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.e
	changed, err := x.file.Refresh()
	if e.health.report(troubleExclusions, err) && err != nil {
		e.set.Logger.Error("The exclusions cannot be read; the last good ones stay in force.", zap.Error(err))
	}
	if changed {
		e.set.Logger.Info("The exclusions changed.", zap.Int("exclusions", x.file.Plan().Len()))
	}
	if changed || !e.clock().Before(x.told.Add(exclusionsEvery)) {
		x.tellLedger()
	}
}

func (x *exclusions) tell() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tellLedger()
}

// tellLedger tells it. The lock is held, so that of two changes the later one is
// what the ledger hears last.
func (x *exclusions) tellLedger() {
	plan, now := maintenance.Join(x.file.Plan(), x.book.Plan()), x.e.clock()
	from, to := now.Add(-slo.MaxWindow-exclusionsAhead).Truncate(24*time.Hour), now.Add(exclusionsAhead).Truncate(24*time.Hour)
	x.e.keeper.Ledger().SetExclusions(func(s slo.Service) []budget.Interval { return plan.Intervals(s, from, to) })
	x.told = now
}

// Stretches returns those that are in force and planned, and with past those that
// a window may reach.
func (x *exclusions) Stretches(past bool) []maintenance.Stretch {
	now := x.e.clock().UTC()
	from := now
	if past {
		from = now.Add(-slo.MaxWindow)
	}
	x.mu.Lock()
	plan := x.file.Plan()
	x.mu.Unlock()
	return maintenance.Join(plan, x.book.Plan()).Stretches(from, now)
}

// Add puts an exclusion in force, once it is in the audit log.
func (x *exclusions) Add(r budgetapi.ExclusionRequest, authenticatedAs string) (budgetapi.ExclusionEntry, error) {
	e, err := x.book.Add(r, authenticatedAs)
	if err == nil {
		x.e.set.Logger.Info("An exclusion was added.", zap.String("id", e.ID), zap.Strings("services", e.Services), zap.Time("start", e.Start), zap.Time("end", e.End), zap.String("actor", e.Actor))
		x.tell()
	}
	return e, err
}

// Remove takes one back, or ends it now.
func (x *exclusions) Remove(id, actor, reason string, endNow bool, authenticatedAs string) (budgetapi.ExclusionEntry, error) {
	change := x.book.Remove
	if endNow {
		change = x.book.End
	}
	e, err := change(id, actor, reason, authenticatedAs)
	if err == nil {
		x.e.set.Logger.Info("An exclusion was taken back.", zap.String("id", e.ID), zap.Bool("end_now", endNow), zap.String("actor", actor))
		x.tell()
	}
	return e, err
}

// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Desk is an engine under a fake clock. Queries ask it.
type Desk struct {
	Now       time.Time
	Catalogue *slo.Snapshot
	Pending   *budget.Pending
	Ledger    *budget.Ledger
	Assessor  *assess.Assessor

	durable []*budget.Batch // what a restart starts from
	plan    *maintenance.Plan
	// EachMinute, if set, is called after each minute that a script loads or
	// skips, when the minute is closed and served: for engines that evaluate.
	EachMinute func(*Desk)
}

// definition of every count of a script.
const definition = slo.Definition("script")

// staleAfter is the extension's default.
const staleAfter = 3 * time.Minute

// firstInstant is where the clock of a script stands at first.
var firstInstant = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// NewDesk returns one without counts and with the catalogue that lists nothing.
func NewDesk() *Desk {
	d := &Desk{Now: firstInstant, plan: &maintenance.Plan{}, Catalogue: slo.DefaultCatalogue()}
	d.Assessor = &assess.Assessor{
		Catalogue:  func() *slo.Snapshot { return d.Catalogue },
		Ledger:     func() *budget.Ledger { return d.Ledger },
		Thresholds: policy.DefaultThresholds(),
		StaleAfter: staleAfter,
		Clock:      func() time.Time { return d.Now },
	}
	d.Restart()
	return d
}

// Minute returns the open minute.
func (d *Desk) Minute() slo.Minute { return slo.MinuteOf(d.Now) }

// Add counts, as the Recorder does.
func (d *Desk) Add(key slo.Key, minute slo.Minute, good, bad uint64, writer slo.Writer) {
	d.Pending.Add(key, minute, good, bad, definition, writer)
}

// Flush makes durable what was counted, and serves it.
func (d *Desk) Flush() {
	b := d.Pending.Drain()
	d.durable = append(d.durable, b)
	d.Ledger.Apply(b)
}

// Restart drops everything that is not durable, and starts over from the rest.
func (d *Desk) Restart() {
	d.Pending = budget.NewPending(func() time.Time { return d.Now })
	d.Ledger = budget.NewLedger(func(s slo.Service) time.Duration { return d.Catalogue.Lookup(s).Window })
	restorer := d.Ledger.Restore(d.Now)
	for _, b := range d.durable {
		for _, i := range b.Increments {
			restorer.Increment(i)
		}
		for _, s := range b.Sights {
			restorer.Sight(s)
		}
		for _, h := range b.Heartbeats {
			restorer.Heartbeat(h)
		}
		restorer.Durable(b.Until)
	}
	d.exclude()
}

// exclude tells the ledger which minutes are planned maintenance.
func (d *Desk) exclude() {
	from, to := d.Now.Add(-slo.MaxWindow), d.Now.Add(366*24*time.Hour)
	d.Ledger.SetExclusions(func(s slo.Service) []budget.Interval { return d.plan.Intervals(s, from, to) })
}

// Skip moves the clock to an instant, minute by minute if somebody evaluates.
func (d *Desk) Skip(to time.Time) {
	for d.EachMinute != nil && d.Now.Add(time.Minute).Before(to) {
		d.Now = d.Now.Add(time.Minute)
		d.EachMinute(d)
	}
	d.Now = to
	d.Flush()
	if d.EachMinute != nil {
		d.EachMinute(d)
	}
}

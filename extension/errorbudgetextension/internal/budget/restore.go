// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"maps"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Restore takes what storage holds, in any order, before the first Apply. Now is
// the current instant.
func (l *Ledger) Restore(now time.Time) *Restorer {
	return &Restorer{ledger: l, now: slo.MinuteOf(now)}
}

// Restorer fills a Ledger that nobody asks yet.
type Restorer struct {
	ledger *Ledger
	now    slo.Minute
}

// Increment takes a stored minute of a series.
func (r *Restorer) Increment(i Increment) { r.ledger.increment(r.now, i) }

// Sight takes a stored sight.
func (r *Restorer) Sight(s Sight) { r.ledger.sight(s) }

// Heartbeat takes a stored heartbeat.
func (r *Restorer) Heartbeat(h Heartbeat) { r.ledger.beat(h) }

// Attribution takes what stored events have in common.
func (r *Restorer) Attribution(a Attribution) { r.ledger.attribute(r.now, a) }

// Durable takes the instant up to which storage holds everything.
func (r *Restorer) Durable(t time.Time) { r.ledger.durable = t }

// Inherit takes over what another Ledger was told and storage does not hold: the
// open requests, which are gauges, the arrival of the latest answers, the
// exclusions, and how often the archive failed.
func (r *Restorer) Inherit(from *Ledger) {
	from.mu.Lock()
	defer from.mu.Unlock()
	r.ledger.excluded = from.excluded
	r.ledger.unarchived += from.unarchived
	r.ledger.unattributed += from.unattributed
	for id, s := range r.ledger.services {
		if from.excluded != nil {
			s.exclusions = from.excluded(id)
		}
	}
	for id, s := range from.services {
		to := r.ledger.service(id)
		to.opens, to.arrival = maps.Clone(s.opens), s.arrival
	}
}

// WindowsChanged tells whether the length of any service's window is another
// one now. The Ledger keeps to the lengths that it began with.
func (l *Ledger) WindowsChanged() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, s := range l.services {
		if slo.Minute(l.window(id)/time.Minute) != s.window {
			return true
		}
	}
	return false
}

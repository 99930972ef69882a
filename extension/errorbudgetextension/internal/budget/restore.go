// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"maps"
	"slices"
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
func (r *Restorer) Increment(i Increment) {
	r.ledger.shardOf(i.Series.Key.Service.Name).service(i.Series.Key.Service).increment(r.now, &i)
}

// Sight takes a stored sight.
func (r *Restorer) Sight(s Sight) { r.ledger.shardOf(s.Service.Name).sight(s) }

// Heartbeat takes a stored heartbeat.
func (r *Restorer) Heartbeat(h Heartbeat) { r.ledger.beats([]Heartbeat{h}) }

// Attribution takes what stored events have in common.
func (r *Restorer) Attribution(a Attribution) { r.ledger.attribute(r.now, a) }

// Durable takes the instant up to which storage holds everything.
func (r *Restorer) Durable(t time.Time) { r.ledger.durable.Store(&t) }

// Inherit takes over what another Ledger was told and storage does not hold: the
// open requests, which are gauges, the arrival of the latest answers, the
// exclusions, and how often the archive failed.
func (r *Restorer) Inherit(from *Ledger) {
	if of := from.excluded.Load(); of != nil {
		r.ledger.SetExclusions(*of)
	}
	r.ledger.unarchived.Add(from.unarchived.Load())
	r.ledger.unattributed += from.Unattributed()
	for n := range from.shards {
		r.ledger.shards[n].inherit(&from.shards[n])
	}
}

func (sh *shard) inherit(from *shard) {
	from.mu.Lock()
	defer from.mu.Unlock()
	for id, s := range from.services {
		to := sh.service(id)
		to.opens, to.arrival = maps.Clone(s.opens), s.arrival
	}
}

// WindowsChanged tells whether the length of any service's window is another
// one now, or minutes are to be judged that are not. The Ledger keeps to what it
// began with.
func (l *Ledger) WindowsChanged() bool {
	for n := range l.shards {
		if l.shards[n].windowsChanged() {
			return true
		}
	}
	return false
}

func (sh *shard) windowsChanged() bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for id, s := range sh.services {
		if slo.Minute(sh.ledger.window(id)/time.Minute) != s.window || slices.ContainsFunc(s.series, (*series).unjudged) {
			return true
		}
	}
	return false
}

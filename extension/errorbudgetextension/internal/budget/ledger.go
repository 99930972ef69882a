// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Ledger holds what is durable and answers for it. Its methods may be called
// from any goroutine, Apply by one at a time.
//
// Nobody waits for long: services are spread over shards, each with a lock of its
// own that is held for one service's answer or for a small part of a batch, and
// never while the archive reads.
//
// Life cycle: a Ledger is filled from storage by Restore, then grows by one
// Apply a durable batch, and is thrown away as a whole.
type Ledger struct {
	window  func(slo.Service) time.Duration
	archive Archive // nil if every minute is kept in memory
	// judged gives the targets by which minutes are judged; nil if there are none.
	judged func(service slo.Service, sli string) []slo.Ratio
	// excluded gives the excluded minutes of a service; nil if there are none.
	excluded atomic.Pointer[func(slo.Service) []Interval]

	shards [shardCount]shard
	roster roster

	writersMu sync.RWMutex // taken after a shard's lock, never before
	writers   map[string]*measured

	durable    atomic.Pointer[time.Time]
	unarchived atomic.Uint64 // how often the archive failed

	partsMu      sync.Mutex // guards what follows; taken alone
	parts        map[SeriesID]*parts
	partCount    int
	unattributed uint64 // bad events whose parts found no room
}

// NewLedger returns an empty one. Window gives the length of a service's window,
// a whole number of minutes; it is asked once a service.
func NewLedger(window func(slo.Service) time.Duration) *Ledger {
	l := &Ledger{window: window, writers: map[string]*measured{}, parts: map[SeriesID]*parts{}}
	for i := range l.shards {
		l.shards[i].ledger = l
	}
	return l
}

// Apply serves a batch that is durable. Whoever asks meanwhile may find a part of
// it: all of a service at once, the minutes that were measured after what was
// counted in them, and DurableThrough last.
func (l *Ledger) Apply(b *Batch) {
	now := slo.MinuteOf(b.Until)
	increments := byShard(b.Increments, func(i *Increment) *slo.Service { return &i.Series.Key.Service })
	sights := byShard(b.Sights, func(s *Sight) *slo.Service { return &s.Service })
	for n := range l.shards {
		sh := &l.shards[n]
		counted, seen := increments.of(n), sights.of(n)
		if len(counted) == 0 && len(seen) == 0 {
			continue
		}
		sh.mu.Lock()
		var s *service
		for _, i := range counted {
			c := &b.Increments[i]
			if key := &c.Series.Key; s == nil || s.id != key.Service {
				s = sh.service(key.Service)
			}
			s.increment(now, c)
			if isAnswer(c.Series.Key.SLI) && (c.Counts.Good != 0 || c.Counts.Bad != 0) {
				s.arrival = b.Until
			}
		}
		for _, i := range seen {
			sh.sight(b.Sights[i])
		}
		sh.mu.Unlock()
	}
	l.attributeAll(now, b.Attributions) // after the counts: never more than those
	l.beats(b.Heartbeats)
	if b.Until.After(l.DurableThrough()) {
		l.durable.Store(&b.Until)
	}
}

// Open is that of slo.Recorder. It replaces what the writer said before; a zero
// of an unknown service makes nothing known.
func (l *Ledger) Open(id slo.Service, now time.Time, minute slo.Minute, open uint64, writer slo.Writer) {
	sh := l.shardOf(id.Name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if _, known := sh.services[id]; !known && (open == 0 || l.roster.size() >= maxSeries) {
		return
	}
	current := slo.MinuteOf(now)
	minute, _, _ = admit(minute, current)
	sh.service(id).reportOpen(writer.Instance, current, minute, open)
}

// DurableThrough returns the instant up to which everything that was counted is
// durable.
func (l *Ledger) DurableThrough() time.Time {
	if t := l.durable.Load(); t != nil {
		return *t
	}
	return time.Time{}
}

// Forget drops the services and the series of which nothing is known since a
// minute, as storage drops them.
func (l *Ledger) Forget(before slo.Minute) {
	for n := range l.shards {
		l.shards[n].forget(before)
	}
	l.forgetParts(before)
	l.writersMu.Lock()
	defer l.writersMu.Unlock()
	for instance, m := range l.writers {
		if m.newest < before {
			delete(l.writers, instance)
		}
	}
}

func (l *Ledger) beats(all []Heartbeat) {
	l.writersMu.Lock()
	defer l.writersMu.Unlock()
	for _, h := range all {
		m, ok := l.writers[h.Instance]
		if !ok {
			m = newMeasured()
			l.writers[h.Instance] = m
		}
		m.set(h.Minute)
	}
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"
	"sync"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Ledger holds what is durable and answers for it. Its methods may be called
// from any goroutine.
//
// Life cycle: a Ledger is filled from storage by Restore, then grows by one
// Apply a durable batch, and is thrown away as a whole.
type Ledger struct {
	window  func(slo.Service) time.Duration
	archive Archive // nil if every minute is kept in memory
	// excluded gives the excluded minutes of a service; nil if there are none.
	excluded func(slo.Service) []Interval

	mu         sync.Mutex
	services   map[slo.Service]*service
	byName     map[string][]slo.Service
	writers    map[string]*measured
	durable    time.Time
	unarchived uint64 // how often the archive failed

	parts        map[SeriesID]*parts
	partCount    int
	unattributed uint64 // bad events whose parts found no room
}

// NewLedger returns an empty one. Window gives the length of a service's window,
// a whole number of minutes; it is asked once a service.
func NewLedger(window func(slo.Service) time.Duration) *Ledger {
	return &Ledger{
		window:   window,
		services: map[slo.Service]*service{},
		byName:   map[string][]slo.Service{},
		writers:  map[string]*measured{},
		parts:    map[SeriesID]*parts{},
	}
}

// Apply serves a batch that is durable.
func (l *Ledger) Apply(b *Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := slo.MinuteOf(b.Until)
	for _, i := range b.Increments {
		l.increment(now, i)
		if isAnswer(i.Series.Key.SLI) && (i.Counts.Good != 0 || i.Counts.Bad != 0) {
			l.services[i.Series.Key.Service].arrival = b.Until
		}
	}
	for _, s := range b.Sights {
		l.sight(s)
	}
	for _, h := range b.Heartbeats {
		l.beat(h)
	}
	for _, a := range b.Attributions {
		l.attribute(now, a)
	}
	if b.Until.After(l.durable) {
		l.durable = b.Until
	}
}

// Open is that of slo.Recorder. It replaces what the writer said before; a zero
// of an unknown service makes nothing known.
func (l *Ledger) Open(id slo.Service, now time.Time, minute slo.Minute, open uint64, writer slo.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.services[id]; !known && (open == 0 || len(l.services) >= maxSeries) {
		return
	}
	current := slo.MinuteOf(now)
	minute, _, _ = admit(minute, current)
	l.service(id).reportOpen(writer.Instance, current, minute, open)
}

// DurableThrough returns the instant up to which everything that was counted is
// durable.
func (l *Ledger) DurableThrough() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable
}

// Forget drops the services and the series of which nothing is known since a
// minute, as storage drops them.
func (l *Ledger) Forget(before slo.Minute) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, s := range l.services {
		if len(s.opens) == 0 && s.newest() < before {
			delete(l.services, id)
			l.byName[id.Name] = slices.DeleteFunc(l.byName[id.Name], func(o slo.Service) bool { return o == id })
		}
	}
	for id, p := range l.parts {
		if p.hour < before {
			l.partCount -= len(p.all)
			delete(l.parts, id)
		}
	}
	for instance, m := range l.writers {
		if m.newest < before {
			delete(l.writers, instance)
		}
	}
}

func (l *Ledger) service(id slo.Service) *service {
	s, ok := l.services[id]
	if !ok {
		s = newService(id, slo.Minute(l.window(id)/time.Minute))
		if l.excluded != nil {
			s.exclusions = l.excluded(id)
		}
		l.services[id] = s
		l.byName[id.Name] = append(l.byName[id.Name], id)
		slices.SortFunc(l.byName[id.Name], CompareServices)
	}
	return s
}

func (l *Ledger) increment(now slo.Minute, i Increment) {
	key := i.Series.Key
	l.service(key.Service).find(key.SLI, i.Series.Definition, i.Minute, l.pastOf).add(now, i.Minute, i.Counts)
}

func (l *Ledger) sight(s Sight) {
	sights := l.service(s.Service).sights
	if first, known := sights[s.Instance]; !known || s.Minute < first {
		sights[s.Instance] = s.Minute
	}
}

func (l *Ledger) beat(h Heartbeat) {
	m, ok := l.writers[h.Instance]
	if !ok {
		m = newMeasured()
		l.writers[h.Instance] = m
	}
	m.set(h.Minute)
}

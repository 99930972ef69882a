// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sync"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Rule is an indicator as the ledger knows it: by name and definition.
type Rule struct {
	Name string
	// Definition identifies the rule under a limit.
	Definition func(slo.Limit) slo.Definition
}

// Ledger holds the services that were seen and their cumulative counts. It may
// be used from any goroutine. Services are never forgotten: a cumulative series
// that vanished and came back would start anew under the same start time, and be
// read as a reset.
type Ledger struct {
	rules     []Rule
	catalogue slo.Catalogue
	max       int

	mu       sync.RWMutex
	services map[slo.Service]*service
	order    []*service // by first sight, so that exports are stable
}

// New returns an empty ledger for at most max services.
func New(rules []Rule, catalogue slo.Catalogue, max int) *Ledger {
	return &Ledger{rules: rules, catalogue: catalogue, max: max, services: map[slo.Service]*service{}}
}

// View returns what is promised for a service now, and makes the service known.
// It returns nil if the service is new and the ledger is full.
func (l *Ledger) View(id slo.Service) *View {
	l.mu.RLock()
	s := l.services[id]
	l.mu.RUnlock()
	if s == nil {
		if s = l.admit(id); s == nil {
			return nil
		}
	}
	generation := l.catalogue.Generation()
	if v := s.view.Load(); v != nil && v.generation == generation {
		return v
	}
	return l.renew(s, generation)
}

// Known is View for a service that was seen before, and nil for others.
func (l *Ledger) Known(id slo.Service) *View {
	l.mu.RLock()
	known := l.services[id] != nil
	l.mu.RUnlock()
	if !known {
		return nil
	}
	return l.View(id)
}

func (l *Ledger) admit(id slo.Service) *service {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.services[id]; s != nil {
		return s
	}
	if len(l.order) >= l.max {
		return nil
	}
	s := &service{id: id, series: make([]series, len(l.rules))}
	l.services[id] = s
	l.order = append(l.order, s)
	return s
}

// renew derives the view anew after a reload. If the reload changed nothing for
// the service, the old view's definitions are equal and its series go on.
func (l *Ledger) renew(s *service, generation uint64) *View {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v := s.view.Load(); v != nil && v.generation == generation {
		return v // another goroutine was faster
	}
	entry := l.catalogue.Lookup(s.id)
	apart := l.apart(entry)
	v := &View{service: s, generation: generation, Apart: apart, promises: make([]promise, len(l.rules)+len(apart))}
	for i, r := range l.rules {
		v.promises[i].counts = &s.series[i]
		v.promises[i].key = slo.Key{Service: s.id, SLI: r.Name}
		v.promises[i].limit = entry.Limit(r.Name)
		v.promises[i].definition = r.Definition(v.promises[i].limit)
	}
	for i, a := range apart {
		p := &v.promises[len(l.rules)+i]
		p.limit = a.Limit
		p.counts = s.seriesNamed(a.Name)
		p.key = slo.Key{Service: s.id, SLI: a.Name}
		p.definition = l.rules[a.Rule].Definition(a.Limit)
	}
	s.view.Store(v)
	return v
}

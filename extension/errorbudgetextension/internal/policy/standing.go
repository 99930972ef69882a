// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Standings remember since when each service is in its state. Their methods may be
// called from any goroutine.
type Standings struct {
	mu      sync.Mutex
	of      map[slo.Service]Standing
	changed bool
}

// Standing is the state that a service is in.
type Standing struct {
	Service slo.Service
	State   State
	// Since is when it was first seen to be.
	Since time.Time
}

// NewStandings returns those that earlier ones remembered.
func NewStandings(before []Standing) *Standings {
	s := &Standings{of: map[slo.Service]Standing{}}
	for _, b := range before {
		s.of[b.Service] = b
	}
	return s
}

// See notes the state of a service, and returns since when it is in it.
func (s *Standings) See(service slo.Service, state State, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, known := s.of[service]
	if known && was.State == state {
		return was.Since
	}
	s.of[service], s.changed = Standing{service, state, now}, true
	return now
}

// Keep forgets all services but some.
func (s *Standings) Keep(which func(slo.Service) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for service := range s.of {
		if !which(service) {
			delete(s.of, service)
			s.changed = true
		}
	}
}

// Changes returns all standings, and whether they are other than at the last call.
func (s *Standings) Changes() ([]Standing, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.changed
	s.changed = false
	return slices.SortedFunc(maps.Values(s.of), func(a, b Standing) int { return budget.CompareServices(a.Service, b.Service) }), changed
}

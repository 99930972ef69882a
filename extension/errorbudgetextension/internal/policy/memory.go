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

// Memory remembers the state of each service whose policy makes it recover
// slowly: a budget at its limit would flip the state with every minute. Its
// methods may be called from any goroutine.
type Memory struct {
	mu      sync.Mutex
	held    map[slo.Service]Held
	changed bool
}

// Held is what is remembered of one service.
type Held struct {
	Service slo.Service
	State   State
	// Since is when the budget began to permit a better state, zero if it does
	// not.
	Since time.Time
}

// NewMemory returns one that remembers what an earlier one did.
func NewMemory(before []Held) *Memory {
	m := &Memory{held: map[slo.Service]Held{}}
	for _, h := range before {
		m.held[h.Service] = h
	}
	return m
}

// Holding returns Hold of a service at an instant, as an Input takes it.
func (m *Memory) Holding(service slo.Service, p slo.Policy, now time.Time) func(plain, strict State) (State, time.Duration) {
	return func(plain, strict State) (State, time.Duration) { return m.Hold(service, p, plain, strict, now) }
}

// Hold returns the state of a service: the worse of what its budget leads to and
// of what it was, until strict, the state with the hysteresis on top, was better
// for as long as the policy's dwell. It also returns how much of the dwell is
// left. A state that nobody knows is no reason to recover.
func (m *Memory) Hold(service slo.Service, p slo.Policy, plain, strict State, now time.Time) (State, time.Duration) {
	if p.Dwell == 0 && p.Hysteresis.Num == 0 {
		m.forget(service)
		return plain, 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h, known := m.held[service]
	before := h
	switch {
	case plain == Unknown:
		h.Since = time.Time{}
	case !known || plain.rank() >= h.State.rank():
		h = Held{Service: service, State: plain}
	case strict.rank() >= h.State.rank():
		h.Since = time.Time{}
	case h.Since.IsZero():
		h.Since = now
	}
	left := time.Duration(0)
	if !h.Since.IsZero() {
		if left = h.Since.Add(p.Dwell).Sub(now); left <= 0 {
			h, left = Held{Service: service, State: strict}, 0
		}
	}
	if plain == Unknown && !known {
		return plain, 0
	}
	if h != before {
		m.held[service], m.changed = h, true
	}
	if plain == Unknown {
		return plain, 0
	}
	return h.State, left
}

func (m *Memory) forget(service slo.Service) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.held[service]; known {
		delete(m.held, service)
		m.changed = true
	}
}

// Changes returns all that is remembered, and whether it is other than at the
// last call.
func (m *Memory) Changes() ([]Held, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := m.changed
	m.changed = false
	return slices.SortedFunc(maps.Values(m.held), func(a, b Held) int { return budget.CompareServices(a.Service, b.Service) }), changed
}

// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"iter"
	"slices"
	"time"
)

// DefaultTier is the tier of a service that no catalogue entry names.
const DefaultTier = "tier3"

// Snapshot is one catalogue as it was read. It never changes, so any goroutine
// may read it.
type Snapshot struct {
	entries    []Entry            // as the file lists them
	byName     map[string][]Entry // most specific first
	fallback   Entry              // for services that no entry names
	thresholds []time.Duration
}

// newSnapshot indexes entries whose tiers are already resolved.
func newSnapshot(entries []Entry, tiers map[string]promise) *Snapshot {
	s := &Snapshot{entries: entries, byName: map[string][]Entry{}}
	s.fallback = tiers[DefaultTier].entry()
	s.fallback.Tier = DefaultTier
	s.fallback.OnUnknownOpen = true
	for _, p := range tiers {
		s.thresholds = append(s.thresholds, p.latencyThreshold)
	}
	for _, e := range entries {
		s.byName[e.Service.Name] = append(s.byName[e.Service.Name], e)
		s.thresholds = append(s.thresholds, e.LatencyThreshold)
		for _, o := range e.Objectives {
			if o.Threshold > 0 {
				s.thresholds = append(s.thresholds, o.Threshold)
			}
		}
	}
	for _, same := range s.byName {
		slices.SortStableFunc(same, func(a, b Entry) int { return specificity(b.Service) - specificity(a.Service) })
	}
	slices.Sort(s.thresholds)
	s.thresholds = slices.Compact(s.thresholds)
	return s
}

// Lookup returns the objectives of a service: those of the most specific entry
// that fits it, with the Service as that entry names it, or tier3's defaults
// with the Service that was asked for.
func (s *Snapshot) Lookup(service Service) Entry {
	for _, e := range s.byName[service.Name] {
		if Fits(e.Service, service) {
			return e
		}
	}
	e := s.fallback
	e.Service = service
	return e
}

// Thresholds returns every latency threshold in use, ascending. The caller owns
// the slice.
func (s *Snapshot) Thresholds() []time.Duration { return slices.Clone(s.thresholds) }

// Generation is always 1: a Snapshot is never reloaded.
func (s *Snapshot) Generation() uint64 { return 1 }

// All visits what the catalogue lists, in its order. The entries are shared and
// must not be changed.
func (s *Snapshot) All() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for i := range s.entries {
			if !yield(&s.entries[i]) {
				return
			}
		}
	}
}

// Named returns what the catalogue lists under a service's name, the most specific
// first. The slice is shared and must not be changed.
func (s *Snapshot) Named(name string) []Entry { return s.byName[name] }

// Entries returns what the catalogue lists, in its order. The caller owns the
// slice.
func (s *Snapshot) Entries() []Entry { return slices.Clone(s.entries) }

// Fits tells whether a service named in a catalogue fits an actual one: the
// names are equal, and so are the namespace and the environment where the
// catalogue gives them.
func Fits(named, actual Service) bool {
	return named.Name == actual.Name &&
		(named.Namespace == "" || named.Namespace == actual.Namespace) &&
		(named.Environment == "" || named.Environment == actual.Environment)
}

// specificity orders entries that fit the same service: a namespace narrows more
// than an environment, as every namespace tends to have each environment.
func specificity(s Service) int {
	n := 0
	if s.Namespace != "" {
		n += 2
	}
	if s.Environment != "" {
		n++
	}
	return n
}

var _ Catalogue = (*Snapshot)(nil)

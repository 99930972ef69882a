// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"iter"
	"slices"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// find returns the services that a query fits: those that were seen, and those
// that the catalogue names of which none was seen.
func (a *Assessor) find(q Query) (*slo.Snapshot, []slo.Service) {
	snapshot, ledger := a.Catalogue(), a.Ledger()
	if q.Name != "" {
		return snapshot, q.among(snapshot, ledger.Named(q.Name), slices.Values(snapshot.Named(q.Name)))
	}
	return snapshot, q.among(snapshot, ledger.Services(), func(yield func(slo.Entry) bool) {
		for e := range snapshot.All() {
			if !yield(*e) {
				return
			}
		}
	})
}

// among returns the services that fit, of those that were seen and of those that
// are listed, in order.
func (q Query) among(snapshot *slo.Snapshot, seen []slo.Service, listed iter.Seq[slo.Entry]) []slo.Service {
	found := make([]slo.Service, 0, len(seen))
	named := make([]slo.Service, 0, len(seen)) // as the catalogue names them
	for _, s := range seen {
		named = append(named, snapshot.Lookup(s).Service)
		if q.fits(s) {
			found = append(found, s)
		}
	}
	slices.SortFunc(named, budget.CompareServices)
	more := len(found)
	for e := range listed {
		if _, is := slices.BinarySearchFunc(named, e.Service, budget.CompareServices); !is && q.couldFit(e.Service) {
			found = append(found, e.Service)
		}
	}
	if len(found) > more { // those that were seen are in order
		slices.SortFunc(found, budget.CompareServices)
	}
	return found
}

// fits tells whether a query means a service that was seen.
func (q Query) fits(s slo.Service) bool {
	return (q.Name == "" || q.Name == s.Name) &&
		(q.Namespace == nil || *q.Namespace == s.Namespace) &&
		(q.Environment == nil || *q.Environment == s.Environment)
}

// couldFit is fits for a service that a catalogue names, perhaps without
// namespace or environment, which then fit each.
func (q Query) couldFit(s slo.Service) bool {
	if s.Namespace == "" && q.Namespace != nil {
		s.Namespace = *q.Namespace
	}
	if s.Environment == "" && q.Environment != nil {
		s.Environment = *q.Environment
	}
	return q.fits(s)
}

// service returns the identity as far as the query gives it.
func (q Query) service() slo.Service {
	s := slo.Service{Name: q.Name}
	if q.Namespace != nil {
		s.Namespace = *q.Namespace
	}
	if q.Environment != nil {
		s.Environment = *q.Environment
	}
	return s
}

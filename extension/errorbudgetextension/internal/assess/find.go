// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"slices"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// find returns the services that a query fits: those that were seen, and those
// that the catalogue names of which none was seen.
func (a *Assessor) find(q Query) (*slo.Snapshot, []slo.Service) {
	snapshot, ledger := a.Catalogue(), a.Ledger()
	var seen []slo.Service
	if q.Name == "" {
		seen = ledger.Services()
	} else {
		seen = ledger.Named(q.Name)
	}
	found := slices.DeleteFunc(slices.Clone(seen), func(s slo.Service) bool { return !q.fits(s) })
	named := map[slo.Service]bool{}
	for _, s := range seen {
		named[snapshot.Lookup(s).Service] = true
	}
	for _, e := range snapshot.Entries() {
		if !named[e.Service] && q.couldFit(e.Service) {
			found = append(found, e.Service)
		}
	}
	slices.SortFunc(found, budget.CompareServices)
	return snapshot, found
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

// SPDX-License-Identifier: Apache-2.0

// Package assess puts together what is promised, what was counted and what the
// policy says of it: one answer a service.
package assess // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Assessor answers for services. Its methods may be called from any goroutine.
type Assessor struct {
	// Catalogue returns the catalogue in force.
	Catalogue func() *slo.Snapshot
	// Ledger returns the counts in force.
	Ledger     func() *budget.Ledger
	Thresholds policy.Thresholds
	// StaleAfter is how long after its last measured minute a service counts as
	// measured.
	StaleAfter time.Duration
	Clock      func() time.Time
	// FastBurn returns the objective of a service of which an alert says that its
	// budget burns fast. It may be nil: then nobody watches.
	FastBurn func(slo.Service) (objective string, burns bool)
	// Memory remembers the states of services that recover slowly. It may be nil:
	// then each state is that of the plain table.
	Memory *policy.Memory
	// Standings remember since when services are in their states. It may be nil:
	// then nobody knows.
	Standings *policy.Standings
	// Waits returns where the time of a service's requests went lately, and since
	// when. It may be nil: then nobody knows.
	Waits func(slo.Service) (slo.Waits, slo.Minute)
	// Override returns what a person decided on a service, nil if nobody did. It
	// may be nil: then nobody can.
	Override func(slo.Service, time.Time) *policy.Override
}

// Query asks for the services of a name. A nil namespace or environment fits
// each.
type Query struct {
	Name                   string
	Namespace, Environment *string
	// Change is the kind of change that is to be released, empty for a feature.
	Change string
}

// Assessment is what is to be said of one service at one instant.
type Assessment struct {
	Service slo.Service
	Entry   slo.Entry
	View    budget.View
	SLOs    []Objective
	Verdict policy.Verdict
	// Since is when the service was first seen in its state, zero if nobody knows.
	Since time.Time
	// Override is what a person decided, nil if nobody did. The verdict has it in.
	Override *policy.Override

	// known is what the events had in common; nil unless it was asked for.
	known *budget.Attributed

	AsOf time.Time
	// StaleAt is when nothing is known any more, unless it is measured again.
	StaleAt time.Time
	// Durable: all that was counted before is in the answer.
	Durable time.Time

	by *Assessor
}

// One answers for the service that a query means. If it fits several, the
// verdict is UNKNOWN; if it fits none, the service was never seen.
func (a *Assessor) One(q Query) Assessment {
	snapshot, found := a.find(q)
	switch len(found) {
	case 0:
		return a.assess(snapshot, q.service(), q.Change)
	case 1:
		return a.assess(snapshot, found[0], q.Change)
	}
	entry := snapshot.Lookup(q.service())
	entry.OnUnknownOpen = true
	for _, s := range found {
		entry.OnUnknownOpen = entry.OnUnknownOpen && snapshot.Lookup(s).OnUnknownOpen
	}
	now := a.Clock().UTC()
	out := Assessment{
		Service: q.service(),
		Entry:   entry,
		View:    budget.View{Service: q.service(), Activity: budget.Unmeasured, LastMeasured: -1, FirstSeen: -1},
		Verdict: a.Thresholds.Judge(policy.Input{Entry: entry, Candidates: found, Change: q.Change}),
		AsOf:    now,
		StaleAt: now,
		Durable: a.Ledger().DurableThrough(),
		by:      a,
	}
	a.overrule(&out)
	return out
}

// Each answers for every service that a query fits, the worst first. The empty
// name fits each. Services that the catalogue lists are there before they are
// seen.
func (a *Assessor) Each(q Query) []Assessment { return a.each(q, false) }

// All visits what Each returns, in the order of the services, and holds none of it:
// what it takes is spread over the time that the caller takes.
func (a *Assessor) All(q Query) iter.Seq[Assessment] {
	return func(yield func(Assessment) bool) {
		snapshot, found := a.find(q)
		for _, s := range found {
			if !yield(a.assess(snapshot, s, q.Change)) {
				return
			}
		}
	}
}

// EachInDetail is Each for pages and answers about few services: they can also tell
// what spent the budgets.
func (a *Assessor) EachInDetail(q Query) []Assessment { return a.each(q, true) }

func (a *Assessor) each(q Query, detail bool) []Assessment {
	snapshot, found := a.find(q)
	all := make([]Assessment, len(found))
	for i, s := range found {
		var known *budget.Attributed
		if detail {
			k := a.Ledger().Attributed(s) // before the counts, which then hold at least as much
			known = &k
		}
		all[i] = a.assess(snapshot, s, q.Change)
		all[i].known = known
	}
	slices.SortStableFunc(all, compareWorst)
	return all
}

func (a *Assessor) assess(snapshot *slo.Snapshot, service slo.Service, change string) Assessment {
	now := a.Clock().UTC()
	ledger := a.Ledger()
	durable := ledger.DurableThrough() // before the view, which then holds at least that much
	entry := snapshot.Lookup(service)
	view := ledger.View(service, now, a.StaleAfter)
	objectives := objectivesOf(&entry, &view)
	in := policy.Input{Entry: entry, Seen: view.Seen, Activity: view.Activity, Open: view.Open, Coverage: view.Coverage, Change: cmp.Or(change, policy.DefaultChange)}
	if a.Memory != nil {
		in.Hold = a.Memory.Holding(service, entry.Policy, now)
	}
	if a.FastBurn != nil {
		in.FastBurn, _ = a.FastBurn(service)
	}
	in.SLOs = make([]policy.SLO, 0, len(objectives))
	for i := range objectives {
		o := &objectives[i] // which lives as long as the verdict
		in.SLOs = append(in.SLOs, policy.SLO{Name: o.Promise.Name, Spend: o.Spend, MinEvents: o.minEvents(), Blind: blind(o, objectives), Certainty: o.Tally.Certainty(), BadFallsTo: o.badFallsTo})
	}
	out := Assessment{
		Service: service,
		Entry:   entry,
		View:    view,
		SLOs:    objectives,
		Verdict: a.Thresholds.Judge(in),
		AsOf:    now,
		StaleAt: now,
		Durable: durable,
		by:      a,
	}
	if stale := budget.StaleAt(view.LastMeasured, a.StaleAfter); stale.After(now) {
		out.StaleAt = stale
	}
	if a.Standings != nil && view.Seen { // names that anybody may ask for are not remembered
		out.Since = a.Standings.See(service, out.Verdict.State, now)
	}
	a.overrule(&out)
	return out
}

// overrule applies what a person decided.
func (a *Assessor) overrule(out *Assessment) {
	if a.Override == nil {
		return
	}
	if out.Override = a.Override(out.Service, out.AsOf); out.Override != nil {
		out.Verdict.Override(*out.Override)
	}
}

// Worst returns the objective that decides, nil if none does.
func (a Assessment) Worst() *Objective {
	if a.Verdict.Worst < 0 {
		return nil
	}
	return &a.SLOs[a.Verdict.Worst]
}

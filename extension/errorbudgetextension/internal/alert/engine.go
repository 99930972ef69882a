// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Counter is what the engine reads of the counts; a budget.Ledger is one.
type Counter interface {
	Services() []slo.Service
	View(id slo.Service, now time.Time, staleAfter time.Duration) budget.View
	ClosedSlices(service slo.Service, sli string, target slo.Ratio, now slo.Minute, lengths []time.Duration, into []budget.Counts) bool
	LastEvent(service slo.Service) slo.Minute
}

// Settings of an Engine.
type Settings struct {
	Catalogue func() *slo.Snapshot
	Counts    func() Counter
	// StaleAfter is how long after its last measured minute a service counts as
	// measured.
	StaleAfter time.Duration
	// Pairs returns the windows to watch for a budget of a length.
	Pairs func(window time.Duration) []burnrate.Pair
	// MinBad is how many bad events the long window must hold: one failure of ten
	// requests an hour is a burn of 100, and no reason to wake anybody.
	MinBad uint64
	// MinBadSlices is the same of bad minutes, for objectives about time slices: one
	// bad minute of an hour is a burn of 16 where 99.9 % of them are to be good.
	MinBadSlices uint64
	// UnresponsiveAfter is after how long without traffic a listed service is
	// alerted about, 0 for never.
	UnresponsiveAfter time.Duration
	// Heartbeat makes an alert that always fires, so that its absence can alarm.
	Heartbeat bool
	// Labels are added to every alert, Runbook is the annotation of a service's
	// alerts, in which {service} stands for its name.
	Labels  map[string]string
	Runbook string
	// Unreachable is told each pair that an objective can never fire, at each
	// evaluation.
	Unreachable func(service slo.Service, objective string, pair burnrate.Pair)
}

// Engine holds the alerts there are. Its methods may be called from any
// goroutine, Evaluate from one at a time.
type Engine struct {
	set     Settings
	started time.Time

	mu     sync.Mutex
	alerts map[ID]*tracked

	// fast are the firing alerts of a fast burn. Every gate looks at them, so none
	// waits for an evaluation.
	fast atomic.Pointer[map[slo.Service][]ID]
	// limits of each target and window, which Evaluate alone uses.
	limits map[limitsOf]limits
}

// NewEngine returns one that knows no alert. Silence is measured from started on.
func NewEngine(set Settings, started time.Time) *Engine {
	if set.Unreachable == nil {
		set.Unreachable = func(slo.Service, string, burnrate.Pair) {}
	}
	return &Engine{set: set, started: started, alerts: map[ID]*tracked{}, limits: map[limitsOf]limits{}}
}

// Evaluate decides by the minutes before minute. It returns the alerts whose
// state is another one than before, in the order of their services and names.
// Beside is called for each service, as an evaluation takes long with many of them;
// it may be nil.
func (e *Engine) Evaluate(minute slo.Minute, beside func()) []Alert {
	if beside == nil {
		beside = func() {}
	}
	now := minute.Time()
	conditions := e.conditions(minute, beside)
	e.mu.Lock()
	defer e.mu.Unlock()
	var changed []Alert
	seen := map[ID]bool{}
	for _, c := range conditions {
		seen[c.id] = true
		e.step(c, now, &changed)
	}
	for id := range e.alerts {
		if !seen[id] { // its service left, or the alert was switched off
			e.step(condition{id: id}, now, &changed)
		}
	}
	fast := map[slo.Service][]ID{}
	for id, t := range e.alerts {
		if t.Fast && t.State == Firing {
			fast[id.Service] = append(fast[id.Service], id)
		}
	}
	e.fast.Store(&fast)
	slices.SortFunc(changed, compare)
	return changed
}

func (e *Engine) step(c condition, now time.Time, changed *[]Alert) {
	before := State("")
	t := e.alerts[c.id]
	if t != nil {
		before = t.State
		copied := *t
		t = &copied
	}
	t = step(t, c, now)
	if t == nil {
		delete(e.alerts, c.id)
		return
	}
	e.alerts[c.id] = t
	if t.State != before {
		*changed = append(*changed, t.Alert)
	}
}

// Alerts returns all that are pending or firing, and those that resolved a short
// while ago, in the order of their services and names.
func (e *Engine) Alerts() []Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]Alert, 0, len(e.alerts))
	for _, t := range e.alerts {
		all = append(all, t.Alert)
	}
	slices.SortFunc(all, compare)
	return all
}

// FastBurn returns the objective of a service that burns fast, as an alert that
// fires says, and whether there is one.
func (e *Engine) FastBurn(service slo.Service) (objective string, burns bool) {
	fast := e.fast.Load()
	if fast == nil {
		return "", false
	}
	for _, id := range (*fast)[service] {
		if !burns || id.SLO < objective {
			objective, burns = id.SLO, true
		}
	}
	return objective, burns
}

// CatchUp evaluates the minutes before minute that pending alerts depend on, so
// that an alert that fired before a restart fires after it.
func (e *Engine) CatchUp(minute slo.Minute) {
	longest := time.Duration(0)
	for _, p := range e.set.Pairs(0) {
		longest = max(longest, p.For)
	}
	for m := minute - slo.Minute(longest/time.Minute) - 1; m < minute; m++ {
		e.Evaluate(m, nil)
	}
}

func compare(a, b Alert) int {
	return cmp.Or(budget.CompareServices(a.ID.Service, b.ID.Service), cmp.Compare(a.ID.SLO, b.ID.SLO), cmp.Compare(a.ID.Name, b.ID.Name))
}

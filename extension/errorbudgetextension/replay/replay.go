// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Options of a replay.
type Options struct {
	// Profile names the pairs of windows; "workbook" is the one that fits each
	// objective's window.
	Profile string
	// MinBadEvents is how many bad events the long window must hold.
	MinBadEvents uint64
	// MinBadSlices is how many bad minutes, for objectives about time slices.
	MinBadSlices uint64
	// UnresponsiveAfter is after how long without traffic a service of the
	// catalogue is alerted about, 0 for never.
	UnresponsiveAfter time.Duration
	// Catalogue, if there is one, takes the place of that of the script.
	Catalogue *slo.Snapshot
}

// Event is one thing that would have happened.
type Event struct {
	Time time.Time `json:"time"`
	// Kind is alert or state.
	Kind    string `json:"kind"`
	Service string `json:"service"`
	// SLO is that of the alert, or the one that decides the state.
	SLO string `json:"slo"`
	// Name is the alert's, empty for a state.
	Name string `json:"name"`
	// From and To are states, of an alert or of the budget.
	From string `json:"from"`
	To   string `json:"to"`
	// Remaining is what is left of the budget, of a state alone; nil if nothing
	// was judged.
	Remaining *float64 `json:"remaining,omitempty"`
}

// workbook asks for the profile that fits each objective's window.
const workbook = "workbook"

// engine is the extension's alerts and policy beside a desk of counts.
type engine struct {
	alerts *alert.Engine
	emit   func(Event)
	states map[slo.Service]policy.State
	before map[alert.ID]alert.State
}

// attach lets an engine look at a desk after every minute.
func attach(d *budgetscript.Desk, o Options, emit func(Event)) error {
	pairs := func(window time.Duration) []burnrate.Pair { return burnrate.ForPeriod(window).Pairs }
	if o.Profile != workbook {
		p, err := burnrate.Named(o.Profile)
		if err != nil {
			return fmt.Errorf("the profile %w, or %s", err, workbook)
		}
		pairs = func(time.Duration) []burnrate.Pair { return p.Pairs }
	}
	if o.Catalogue != nil {
		d.Catalogue = o.Catalogue
	}
	e := &engine{emit: emit, states: map[slo.Service]policy.State{}, before: map[alert.ID]alert.State{}}
	d.Assessor.Memory = policy.NewMemory(nil)
	d.Assessor.FastBurn = func(s slo.Service) (string, bool) {
		if e.alerts == nil {
			return "", false
		}
		return e.alerts.FastBurn(s)
	}
	d.EachMinute = func(d *budgetscript.Desk) {
		if e.alerts == nil { // now the script has set its clock
			e.alerts = alert.NewEngine(alert.Settings{
				Catalogue: func() *slo.Snapshot { return d.Catalogue }, Counts: func() alert.Counter { return d.Ledger },
				StaleAfter: d.Assessor.StaleAfter, Pairs: pairs, MinBad: o.MinBadEvents, MinBadSlices: o.MinBadSlices, UnresponsiveAfter: o.UnresponsiveAfter,
			}, d.Now.Add(-time.Minute))
		}
		e.minute(d)
	}
	return nil
}

// minute looks at what the minute that ended changed.
func (e *engine) minute(d *budgetscript.Desk) {
	for _, a := range e.alerts.Evaluate(d.Minute(), nil) {
		e.emit(Event{Time: d.Now, Kind: "alert", Service: a.ID.Service.String(), SLO: a.ID.SLO, Name: a.ID.Name, From: string(e.before[a.ID]), To: string(a.State)})
		e.before[a.ID] = a.State
	}
	for _, a := range d.Assessor.Each(assess.Query{}) {
		from, to := e.states[a.Service], a.Verdict.State
		if from == to {
			continue
		}
		e.states[a.Service] = to
		event := Event{Time: d.Now, Kind: "state", Service: a.Service.String(), From: string(from), To: string(to)}
		if worst := a.Worst(); worst != nil {
			remaining := worst.Spend.Remaining()
			event.SLO, event.Remaining = worst.Promise.Name, &remaining
		}
		e.emit(event)
	}
}

// Script replays a budget script, whose evals are passed over, and gives each
// event to emit in the order of time.
func Script(script string, o Options, emit func(Event)) error {
	var failed error
	_, err := budgetscript.Execute(script, func(d *budgetscript.Desk) { failed = attach(d, o, emit) }, nil)
	if failed != nil {
		return failed
	}
	return err
}

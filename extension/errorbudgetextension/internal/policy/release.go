// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// release decides what a state means for a release of a kind of change.
func (t Thresholds) release(in Input, v *Verdict) {
	v.Allow = v.State == Normal || v.State == Canary || v.State == Unknown && in.Entry.OnUnknownOpen
	v.Strategy = t.strategy(v.State, v.Allow)
	if v.State == Freeze && in.Entry.Policy.Passes(in.Change) {
		// What mends a service may pass, and not to all at once.
		v.Allow, v.Strategy = true, t.strategy(Canary, true)
		v.Reasons = append(v.Reasons, Reason{Code: ChangePasses})
	}
	if in.Entry.Policy.Shadow && v.Strategy.Type != "full" {
		v.Allow, v.Strategy = true, t.strategy(Normal, true)
		v.Reasons = append(v.Reasons, Reason{Code: Shadow})
	}
}

// uncovered tells whether too little of the window was measured to judge by, or of
// the events of the objective of which most were missed, and why.
func uncovered(in Input) (Reason, bool) {
	limit := in.Entry.Policy.CoverageLimit
	var all budget.Certainty // of minutes alone
	if in.Coverage.Below(limit, all) {
		return Reason{Code: LowCoverage, Value: in.Coverage.Share(), Limit: number(limit)}, true
	}
	least, name := all, ""
	for _, s := range in.SLOs {
		if s.Certainty.LessThan(least) {
			least, name = s.Certainty, s.Name
		}
	}
	if !in.Coverage.Below(limit, least) {
		return Reason{}, false
	}
	return Reason{Code: LowCoverage, SLO: name, Value: in.Coverage.With(least), Limit: number(limit)}, true
}

// hold makes a service recover slowly, if its policy says so.
func (t Thresholds) hold(in Input, state State, v *Verdict) State {
	if in.Hold == nil {
		return state
	}
	held, left := in.Hold(state, t.raised(in.Entry.Policy.Hysteresis).worst(in.SLOs))
	if held != state {
		v.Reasons = append(v.Reasons, Reason{Code: Recovering, Value: left.Seconds(), Limit: in.Entry.Policy.Dwell.Seconds()})
	}
	return held
}

// DefaultChange is the kind of a change that nobody named.
const DefaultChange = slo.ChangeFeature

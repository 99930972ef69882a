// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// SLO is one objective and what was spent of its budget.
type SLO struct {
	Name  string
	Spend budget.Spend
	// MinEvents is how many valid events it takes to be judged.
	MinEvents uint64
	// Blind tells that requests came and none of them could be judged, as nobody says
	// how long they waited: no event then is no health.
	Blind bool
	// Certainty says how many of the events could be judged.
	Certainty budget.Certainty
	// BadFallsTo returns the minute from which on the window holds so few bad
	// events, if none is added.
	BadFallsTo func(limit uint64) slo.Minute
}

// unseeing tells that requests came of which the objective got to judge none.
func (s SLO) unseeing() bool { return s.Blind || s.Certainty.None() }

// Input is all that a verdict depends on.
type Input struct {
	Entry    slo.Entry
	Seen     bool
	Activity budget.Activity
	Open     uint64
	SLOs     []SLO
	// FastBurn names the objective of which an alert says that its budget burns
	// fast, empty if there is none.
	FastBurn string
	// Coverage is how much of the window was measured.
	Coverage budget.Coverage
	// Change is the kind of change that is to be released, of slo.Changes.
	Change string
	// Hold returns the state that is in force, and how much of the dwell is left,
	// for the plain state and for the one with the hysteresis on top. It may be
	// nil: then the plain state is in force.
	Hold func(plain, strict State) (State, time.Duration)
	// Candidates are the services that a name fits, if it fits several.
	Candidates []slo.Service
}

// Verdict says whether and how a service may be released.
type Verdict struct {
	State    State
	Allow    bool
	Strategy Strategy
	Reasons  []Reason
	// States holds each SLO's own state, in the order of the input.
	States []State
	// Worst is the index of the SLO that decides, -1 if none does.
	Worst int
	// Next is the next better state, nil if there is none or it is not known.
	Next *Next
}

// Judge returns the verdict. The worst SLO decides. UNKNOWN is worse than what
// is known to be fine, but FREEZE stays FREEZE while a service is down.
func (t Thresholds) Judge(in Input) Verdict {
	t = t.of(in.Entry.Policy)
	v := Verdict{Worst: -1}
	state, judged := t.judgeBudgets(in, &v)
	switch {
	case len(in.Candidates) > 1:
		state = Unknown
		v.Reasons = append(v.Reasons, Reason{Code: Ambiguous, Value: names(in.Candidates), Limit: 1})
	case !in.Seen:
		state = Unknown
		v.Reasons = append(v.Reasons, Reason{Code: NeverSeen})
	case in.Activity == budget.Unmeasured:
		state = Unknown
		v.Reasons = append(v.Reasons, Reason{Code: NotMeasured})
	case in.Activity == budget.Down:
		if state != Freeze {
			state = Unknown
		}
		v.Reasons = append(v.Reasons, Reason{Code: ServiceDown, Value: in.Open, Limit: 0})
	case !judged && (len(in.SLOs) > 0 || in.Entry.MinEvents > 0):
		state = Unknown
		if len(in.SLOs) == 0 {
			v.Reasons = append(v.Reasons, Reason{Code: BelowMinEvents, Value: 0, Limit: in.Entry.MinEvents})
		}
	case idle(in.SLOs):
		v.Reasons = append(v.Reasons, Reason{Code: IdleService, Value: 0})
	}
	if state != Freeze && slices.ContainsFunc(in.SLOs, SLO.unseeing) {
		state = Unknown
	}
	if low, is := uncovered(in); is && state != Freeze && state != Unknown {
		state = Unknown
		v.Reasons = append(v.Reasons, low)
	}
	state = t.hold(in, state, &v)
	if in.FastBurn != "" && state == Normal {
		state = Canary
		v.Reasons = append(v.Reasons, Reason{Code: FastBurn, SLO: in.FastBurn})
	}
	if !in.Entry.Listed && len(in.Candidates) < 2 {
		v.Reasons = append(v.Reasons, Reason{Code: DefaultTier})
	}
	v.State = state
	t.release(in, &v)
	v.Next = t.next(in.SLOs, v)
	return v
}

// judgeBudgets sets each SLO's own state and its reason, and returns the worst.
// An SLO below the minimum of events is not judged.
func (t Thresholds) judgeBudgets(in Input, v *Verdict) (worst State, judged bool) {
	worst = Normal
	for i, s := range in.SLOs {
		if s.Blind {
			v.States = append(v.States, Unknown)
			v.Reasons = append(v.Reasons, Reason{Code: QueueTimeUnknown, SLO: s.Name})
			continue
		}
		if s.Certainty.None() {
			v.States = append(v.States, Unknown)
			v.Reasons = append(v.Reasons, Reason{Code: EventsUnmeasured, SLO: s.Name, Value: s.Certainty.Known, Limit: 0})
			continue
		}
		if s.Spend.Valid() < s.MinEvents {
			v.States = append(v.States, Unknown)
			v.Reasons = append(v.Reasons, Reason{Code: BelowMinEvents, SLO: s.Name, Value: s.Spend.Valid(), Limit: s.MinEvents})
			continue
		}
		judged = true
		state, reason := t.judgeSLO(s)
		v.States = append(v.States, state)
		if s.Spend.Valid() > 0 {
			v.Reasons = append(v.Reasons, reason)
		}
		if v.Worst < 0 || worseThan(in.SLOs[v.Worst], s) {
			v.Worst, worst = i, state
		}
	}
	return worst, judged
}

func (t Thresholds) judgeSLO(s SLO) (State, Reason) {
	r := Reason{Code: BudgetOK, SLO: s.Name, Value: s.Spend.Remaining(), Limit: number(t.Normal)}
	switch {
	case s.Spend.AtLeast(t.Normal):
		return Normal, r
	case s.Spend.AtLeast(t.Canary):
		r.Code = BudgetBelowNormal
		return Canary, r
	}
	r.Code, r.Limit = BudgetBelowCanary, number(t.Canary)
	return Freeze, r
}

// worseThan tells whether less of b's budget is left than of a's, exactly.
func worseThan(a, b SLO) bool { return b.Spend.Less(a.Spend) }

func idle(slos []SLO) bool {
	for _, s := range slos {
		if s.Spend.Valid() > 0 {
			return false
		}
	}
	return true
}

func names(services []slo.Service) []string {
	out := make([]string, len(services))
	for i, s := range services {
		out[i] = s.String()
	}
	return out
}

// number shows a ratio as a JSON number.
func number(r slo.Ratio) float64 {
	f, err := strconv.ParseFloat(r.String(), 64)
	if err != nil {
		return 0
	}
	return f
}

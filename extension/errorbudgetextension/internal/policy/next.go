// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Next is the next better state.
type Next struct {
	State State
	// Earliest is when it is reached if nothing fails: bad minutes leave the
	// window, and good events replace them, so that as many are valid as now.
	Earliest time.Time
}

// next returns when the budget alone leads to a better state. In the states
// NORMAL and UNKNOWN there is nothing to wait for that could be computed.
func (t Thresholds) next(slos []SLO, v Verdict) *Next {
	if v.State != Canary && v.State != Freeze {
		return nil
	}
	var at slo.Minute
	for i, s := range slos {
		if v.States[i] == v.State {
			at = max(at, t.improves(s, v.State))
		}
	}
	if at == 0 {
		return nil // something other than a budget is the cause
	}
	state := Normal
	for i, s := range slos {
		if v.States[i] != Unknown && t.normalAt(s) > at {
			state = Canary
		}
	}
	return &Next{State: state, Earliest: at.Time()}
}

// improves returns the minute in which an SLO leaves its state for a better one.
func (t Thresholds) improves(s SLO, from State) slo.Minute {
	if from == Freeze {
		return s.BadFallsTo(s.Spend.MaxBad(t.Canary))
	}
	return t.normalAt(s)
}

func (t Thresholds) normalAt(s SLO) slo.Minute { return s.BadFallsTo(s.Spend.MaxBad(t.Normal)) }

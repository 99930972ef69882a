// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/sloe-dev/sloe/internal/slo"

// of returns the thresholds of a policy, or t if the policy names none.
func (t Thresholds) of(p slo.Policy) Thresholds {
	if p.NormalAt.Den == 0 || p.CanaryAt.Den == 0 {
		return t
	}
	return Thresholds{Normal: p.NormalAt, Canary: p.CanaryAt, CanaryWeight: p.CanaryWeight}
}

// raised returns the thresholds that a better state has to pass: by the
// hysteresis above the others.
func (t Thresholds) raised(by slo.Ratio) Thresholds {
	if by.Num > 0 {
		t.Normal, t.Canary = sum(t.Normal, by), sum(t.Canary, by)
	}
	return t
}

// sum adds two shares, 1 at most. Denominators are powers of ten of at most nine
// digits, so nothing overflows.
func sum(a, b slo.Ratio) slo.Ratio {
	for a.Den < b.Den {
		a.Num, a.Den = a.Num*10, a.Den*10
	}
	for b.Den < a.Den {
		b.Num, b.Den = b.Num*10, b.Den*10
	}
	a.Num = min(a.Num+b.Num, a.Den)
	return a
}

// worst returns the worst state that any objective with enough events leads to.
func (t Thresholds) worst(slos []SLO) State {
	worst := Normal
	for _, s := range slos {
		if s.Spend.Valid() < s.MinEvents {
			continue
		}
		if state, _ := t.judgeSLO(s); state.rank() > worst.rank() {
			worst = state
		}
	}
	return worst
}

// rank orders the states that a budget leads to, the worst highest.
func (s State) rank() int {
	switch s {
	case Freeze:
		return 2
	case Canary:
		return 1
	}
	return 0
}

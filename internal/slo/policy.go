// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"slices"
	"time"
)

// Policy is how remaining budgets become a decision on releases.
type Policy struct {
	// NormalAt is the least remaining share of the budget that is NORMAL, and
	// CanaryAt the least that is CANARY; below is FREEZE.
	NormalAt, CanaryAt Ratio
	// CanaryWeight is the most traffic that a release may get in the state
	// CANARY, in per cent.
	CanaryWeight int
	// Hysteresis is by how much of the budget a limit must be passed before the
	// state gets better. It gets worse at the limit itself.
	Hysteresis Ratio
	// Dwell is how long a budget must permit a better state before the state gets
	// better.
	Dwell time.Duration
	// CoverageLimit is the least measured share of the window by which a budget is
	// judged; below it the state is UNKNOWN. Zero asks for none.
	CoverageLimit Ratio
	// PassFreeze lists the kinds of change, of Changes, that a freeze lets pass.
	PassFreeze []string
	// Shadow tells to decide and to count what would have been stopped, but to
	// allow every release.
	Shadow bool
}

// The kinds of change that a pipeline may name.
const (
	ChangeFeature  = "feature"
	ChangeFix      = "fix"
	ChangeSecurity = "security"
)

// Changes lists the kinds of change.
func Changes() []string { return []string{ChangeFeature, ChangeFix, ChangeSecurity} }

// DefaultPolicy returns the plain table: NORMAL from 50 %, CANARY from 20 %, no
// hysteresis and no dwell.
func DefaultPolicy() Policy {
	return Policy{NormalAt: Ratio{5, 10}, CanaryAt: Ratio{2, 10}, Hysteresis: Ratio{0, 1}, CoverageLimit: Ratio{0, 1}, CanaryWeight: 10}
}

// Passes tells whether a freeze lets a kind of change pass.
func (p Policy) Passes(change string) bool { return slices.Contains(p.PassFreeze, change) }

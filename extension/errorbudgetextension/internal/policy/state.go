// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/sloe-dev/sloe/internal/slo"

// State is what the error budget of a service permits.
type State string

const (
	// Normal: half of the budget or more is left.
	Normal State = "NORMAL"
	// Canary: a fifth or more is left, less than half.
	Canary State = "CANARY"
	// Freeze: less than a fifth is left.
	Freeze State = "FREEZE"
	// Unknown: too little is known to say.
	Unknown State = "UNKNOWN"
)

// States lists every State.
func States() []State { return []State{Normal, Canary, Freeze, Unknown} }

// Strategy is how a release may go out.
type Strategy struct {
	// Type is full, canary or none.
	Type string `json:"type"`
	// MaxWeight is the share of traffic that the new version may get, in per cent.
	MaxWeight int `json:"max_weight"`
}

// Thresholds are the remaining shares of the budget that part the states.
type Thresholds struct {
	// Normal is the least share that is NORMAL.
	Normal slo.Ratio
	// Canary is the least share that is CANARY.
	Canary slo.Ratio
	// CanaryWeight is the most traffic, in per cent, that a release may get in
	// the state CANARY.
	CanaryWeight int
}

// DefaultThresholds are those of the contract: 50 % and 20 %.
func DefaultThresholds() Thresholds {
	return Thresholds{Normal: slo.MustRatio("0.5"), Canary: slo.MustRatio("0.2"), CanaryWeight: 10}
}

// strategy returns how a release may go out in a state that allows it or not.
func (t Thresholds) strategy(s State, allow bool) Strategy {
	switch {
	case !allow:
		return Strategy{Type: "none"}
	case s == Canary:
		return Strategy{Type: "canary", MaxWeight: t.CanaryWeight}
	}
	return Strategy{Type: "full", MaxWeight: 100}
}

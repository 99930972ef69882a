// SPDX-License-Identifier: Apache-2.0

package budgetapi

import "time"

// Values of state.
const (
	StateNormal  = "NORMAL"
	StateCanary  = "CANARY"
	StateFreeze  = "FREEZE"
	StateUnknown = "UNKNOWN"
)

// Values of the type of a strategy.
const (
	StrategyFull   = "full"
	StrategyCanary = "canary"
	StrategyNone   = "none"
)

// Gate answers whether a service may be released. Allow is the authority: State
// says what the budget is, Allow what to do.
type Gate struct {
	Service     string    `json:"service"`
	Namespace   string    `json:"namespace"`
	Environment string    `json:"environment"`
	State       string    `json:"state"`
	Allow       bool      `json:"allow"`
	Strategy    Strategy  `json:"strategy"`
	Budget      *Budget   `json:"budget"` // null if no objective was judged
	Reasons     []Reason  `json:"reasons"`
	NextState   *Next     `json:"next_state"` // null if no better one can be computed
	Forecast    *Forecast `json:"forecast"`   // null without objectives
	Override    *Override `json:"override"`   // null if none is in force
	AsOf        time.Time `json:"as_of"`
	// StaleAfter is when the answer must not be used any more: without a further
	// measurement nothing is known from then on.
	StaleAfter time.Time `json:"stale_after"`
	// DurableThrough: all that was counted before is on disk and in the answer.
	DurableThrough time.Time `json:"durable_through"`
	// DecisionID is in the extension's log too.
	DecisionID string `json:"decision_id"`
}

// Strategy is how a release may go out.
type Strategy struct {
	Type string `json:"type"`
	// MaxWeight is the share of traffic for the new version, in per cent.
	MaxWeight int `json:"max_weight"`
}

// Budget is that of the objective that decided.
type Budget struct {
	Remaining float64 `json:"remaining"`
	SLO       string  `json:"slo"`
	Window    string  `json:"window"`
	Coverage  float64 `json:"coverage"`
	// UncertainEvents are known to have been and were not measured, came too late for
	// their minute, or may be older than the first sample of their series in
	// Prometheus; they count neither way, and lower the coverage.
	UncertainEvents uint64 `json:"uncertain_events"`
}

// Reason is one cause of the state.
type Reason struct {
	Code string `json:"code"`
	// SLO is the objective that the reason is about, if it is about one.
	SLO string `json:"slo,omitempty"`
	// Value is what was found: a number, a list of names, or null.
	Value any `json:"value"`
	// Limit is what it was held against: a number or null.
	Limit any `json:"limit"`
}

// Next is the next better state, if nothing fails.
type Next struct {
	State    string    `json:"state"`
	Earliest time.Time `json:"earliest"`
}

// Override is a person's decision to allow or refuse what the state does not.
type Override struct {
	ID     string    `json:"id"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	Ticket string    `json:"ticket"`
	Allow  bool      `json:"allow"`
	Until  time.Time `json:"until"`
}

// Error is the body of every answer that is an error.
type Error struct {
	Error ErrorDetail `json:"error"`
}

// ErrorDetail says what was wrong with the request.
type ErrorDetail struct {
	// Code is stable: not_found, method_not_allowed, bad_request.
	Code    string `json:"code"`
	Message string `json:"message"`
}

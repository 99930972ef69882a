// SPDX-License-Identifier: Apache-2.0

package policy

// Code names why a verdict is what it is. Codes are part of the API: pipelines
// branch on them.
type Code string

const (
	// BudgetOK: the SLO's remaining budget is that of NORMAL.
	BudgetOK Code = "BUDGET_OK"
	// BudgetBelowNormal: the SLO's remaining budget is below the limit of NORMAL.
	BudgetBelowNormal Code = "BUDGET_BELOW_NORMAL"
	// BudgetBelowCanary: the SLO's remaining budget is below the limit of CANARY.
	BudgetBelowCanary Code = "BUDGET_BELOW_CANARY"
	// IdleService: measured, and without a valid event in the window.
	IdleService Code = "IDLE"
	// NeverSeen: no writer ever counted for the service.
	NeverSeen Code = "NEVER_SEEN"
	// BelowMinEvents: the SLO has fewer valid events than the catalogue asks for,
	// so it is not judged.
	BelowMinEvents Code = "BELOW_MIN_EVENTS"
	// QueueTimeUnknown: the SLO is about what callers felt, and of no request it is
	// known how long it waited.
	QueueTimeUnknown Code = "QUEUE_TIME_UNKNOWN"
	// EventsUnmeasured: requests came, and of none it is known how it ended. The value
	// is how many.
	EventsUnmeasured Code = "EVENTS_UNMEASURED"
	// NotMeasured: nobody measures the service now.
	NotMeasured Code = "NOT_MEASURED"
	// Ambiguous: the name fits several services. The value lists them.
	Ambiguous Code = "AMBIGUOUS"
	// ServiceDown: requests are open, and none is answered.
	ServiceDown Code = "DOWN"
	// FastBurn: an alert fires as the SLO's budget burns fast, so no release goes to
	// all, whatever is left.
	FastBurn Code = "FAST_BURN"
	// LowCoverage: too little of the window, or of the events in it, was measured to
	// judge by. It is about an objective if that one's events were missed.
	LowCoverage Code = "COVERAGE_LOW"
	// Recovering: the budget permits a better state, not yet by the hysteresis or
	// for the dwell of the policy. The value is what is left of the dwell, in
	// seconds.
	Recovering Code = "RECOVERING"
	// ChangePasses: the policy lets this kind of change pass a freeze, as a canary.
	ChangePasses Code = "CHANGE_PASSES"
	// Shadow: the policy is on trial, so nothing is stopped.
	Shadow Code = "SHADOW"
	// DefaultTier: the catalogue does not list the service, so the objectives are
	// tier3's defaults.
	DefaultTier Code = "DEFAULT_TIER"
)

// Codes lists every Code.
func Codes() []Code {
	return []Code{
		BudgetOK, BudgetBelowNormal, BudgetBelowCanary, IdleService, NeverSeen, BelowMinEvents, QueueTimeUnknown, EventsUnmeasured, NotMeasured, Ambiguous,
		ServiceDown, FastBurn,
		LowCoverage, Recovering, ChangePasses, Shadow, DefaultTier,
	}
}

// Reason is one cause of a verdict.
type Reason struct {
	Code Code `json:"code"`
	// SLO names the objective that the reason is about, if it is about one.
	SLO string `json:"slo,omitempty"`
	// Value is what was found: a number, or a list of names.
	Value any `json:"value"`
	// Limit is what it was held against, a number, if there is one.
	Limit any `json:"limit"`
}

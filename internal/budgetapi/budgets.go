// SPDX-License-Identifier: Apache-2.0

package budgetapi

import "time"

// Budgets is the answer of /v1/budgets, worst service first.
type Budgets struct {
	AsOf           time.Time       `json:"as_of"`
	DurableThrough time.Time       `json:"durable_through"`
	Services       []ServiceBudget `json:"services"`
}

// ServiceBudget is all that is known of one service.
type ServiceBudget struct {
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	Environment string `json:"environment"`
	Tier        string `json:"tier"`
	Team        string `json:"team"`
	// Listed tells whether the catalogue names the service.
	Listed   bool     `json:"listed"`
	State    string   `json:"state"`
	Allow    bool     `json:"allow"`
	Reasons  []Reason `json:"reasons"`
	Activity string   `json:"activity"`
	Coverage float64  `json:"coverage"`
	// OpenRequests is how many requests are unanswered for long.
	OpenRequests uint64 `json:"open_requests"`
	// Remaining is that of the worst objective, null if none was judged.
	Remaining *float64 `json:"remaining"`
	NextState *Next    `json:"next_state"`
	// Forecast is that of the objective whose budget is exhausted first, null
	// without objectives.
	Forecast *Forecast `json:"forecast"`
	SLOs     []SLO     `json:"slos"`
	// Incidents are what spent the budgets, the newest first. They are told of one
	// service alone, not of a list of all.
	Incidents *[]Incident `json:"incidents,omitempty"`
	// Queue is where the time of the last hours' requests went. It is told of one
	// service alone, and of one whose queue times are known.
	Queue *Queue    `json:"queue,omitempty"`
	AsOf  time.Time `json:"as_of"`
	// DurableThrough: all that was counted before is on disk and in the answer.
	DurableThrough time.Time `json:"durable_through"`
}

// SLO is one objective over its window.
type SLO struct {
	Name string `json:"name"`
	// Indicator whose events the objective is about. Unless the catalogue names
	// the objective, it is its name as well.
	Indicator string `json:"indicator"`
	// Kind is events, latency or time_slices. Of time slices, good, bad and valid
	// are minutes.
	Kind      string `json:"kind"`
	Objective Number `json:"objective"`
	// ThresholdMS is the longest good duration, of latency objectives alone.
	ThresholdMS int64 `json:"threshold_ms,omitempty"`
	// Latency is handler or felt, of latency objectives of servers alone: whether the
	// duration begins when the server reads the request or when it arrived.
	Latency    string `json:"latency,omitempty"`
	Window     string `json:"window"`
	Definition string `json:"definition"`
	Good       uint64 `json:"good"`
	Bad        uint64 `json:"bad"`
	Valid      uint64 `json:"valid"`
	Uncertain  uint64 `json:"uncertain"`
	// Excluded are valid events of planned maintenance, in none of the others.
	Excluded  uint64  `json:"excluded"`
	Remaining float64 `json:"remaining"`
	State     string  `json:"state"`
	// Forecast is never null.
	Forecast *Forecast `json:"forecast"`
	// OlderDefinitions are counts that a changed definition ended; no state
	// depends on them.
	OlderDefinitions []OlderDefinition `json:"older_definitions"`
	// SpentBy is what the bad events have in common, in several respects. It is told
	// of one service alone, and not of time slices.
	SpentBy []SpentBy `json:"spent_by,omitempty"`
}

// SpentBy is what the bad events of an objective have in common in one respect. They
// are those of Parts, Other and Unknown together, exactly.
type SpentBy struct {
	// Dimension is route, dependency, version or error.
	Dimension string `json:"dimension"`
	// Parts, the worst first.
	Parts []SpentPart `json:"parts"`
	// Other holds further parts, of which there are too many to name each.
	Other SpentPart `json:"other"`
	// Unknown holds the events of which nothing is known in this respect.
	Unknown SpentPart `json:"unknown"`
}

// SpentPart is a part of the bad events.
type SpentPart struct {
	Name string `json:"name,omitempty"`
	Bad  uint64 `json:"bad"`
	// Valid is told of versions alone.
	Valid *uint64 `json:"valid,omitempty"`
	// Cost is the share of the window's budget that it spent; 1 is all of it.
	Cost float64 `json:"cost"`
}

// Queue is where the time of requests went, of those of which it is known how long
// they waited before the service read them.
type Queue struct {
	Since    time.Time `json:"since"`
	Requests uint64    `json:"requests"`
	Queue    TimeSpent `json:"queue"`
	Handler  TimeSpent `json:"handler"`
}

// TimeSpent is one of two ways to spend time.
type TimeSpent struct {
	// Seconds of all requests together, exactly.
	Seconds Number `json:"seconds"`
	// Share of the time of both.
	Share float64 `json:"share"`
	// MedianMS and P95MS are edges of fixed buckets: half of the requests, and 95 in
	// 100, took that long at most. Null if it is longer than the last edge.
	MedianMS *int64 `json:"median_at_most_ms"`
	P95MS    *int64 `json:"p95_at_most_ms"`
}

// Incident is a stretch of time in which a budget burnt faster than it comes
// back, and which cost a hundredth of it or more.
type Incident struct {
	// SLO is the objective whose budget burnt.
	SLO   string    `json:"slo"`
	Start time.Time `json:"start"`
	// End is null while it goes on.
	End  *time.Time `json:"end"`
	Good uint64     `json:"good"`
	Bad  uint64     `json:"bad"`
	// Cost is the share of the window's budget that it spent; 1 is all of it.
	Cost float64 `json:"cost"`
}

// OlderDefinition is what the window holds as of an old definition.
type OlderDefinition struct {
	Definition string    `json:"definition"`
	Good       uint64    `json:"good"`
	Bad        uint64    `json:"bad"`
	Valid      uint64    `json:"valid"`
	LastMinute time.Time `json:"last_minute"`
}

// Number is an exact decimal that JSON holds as a number.
type Number string

// MarshalJSON writes the decimal's digits.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// UnmarshalJSON keeps the number's digits.
func (n *Number) UnmarshalJSON(data []byte) error {
	*n = Number(data)
	return nil
}

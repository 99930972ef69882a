// SPDX-License-Identifier: Apache-2.0

package budgetapi

import "time"

// ExclusionRequest is the body of POST /v1/exclusions.
type ExclusionRequest struct {
	// Actor is who decides, Reason what the maintenance is, and Ticket where it is
	// written down.
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
	Ticket string `json:"ticket"`
	// Services are patterns of service.name, or of namespace/name@environment.
	Services []string `json:"services"`
	// Start is now if it is left out, and at most 24 hours ago.
	Start time.Time `json:"start,omitzero"`
	// End is at most 168 hours after Start.
	End time.Time `json:"end"`
}

// ExclusionEntry is an exclusion as it is kept.
type ExclusionEntry struct {
	ID    string `json:"id"`
	Actor string `json:"actor"`
	// AuthenticatedAs is who the endpoint's authentication says it was, empty if
	// it does not say.
	AuthenticatedAs string    `json:"authenticated_as"`
	Reason          string    `json:"reason"`
	Ticket          string    `json:"ticket"`
	Services        []string  `json:"services"`
	Start           time.Time `json:"start"`
	End             time.Time `json:"end"`
	AddedAt         time.Time `json:"added_at"`
}

// Values of the state of an exclusion.
const (
	ExclusionPast    = "past"
	ExclusionInForce = "in_force"
	ExclusionPlanned = "planned"
)

// Exclusions is the answer of GET /v1/exclusions, the oldest start first.
type Exclusions struct {
	AsOf       time.Time   `json:"as_of"`
	Exclusions []Exclusion `json:"exclusions"`
}

// Exclusion is one stretch of time that no budget pays for.
type Exclusion struct {
	// Name says what the maintenance is.
	Name     string    `json:"name"`
	Services []string  `json:"services"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	State    string    `json:"state"`
	// Minutes of the clock that are excluded, of which any part is within.
	Minutes uint64 `json:"minutes"`
	// RRule by which it comes again, empty if it comes once.
	RRule string `json:"rrule"`
	// Added is who added it while the collector ran, null of what the file lists.
	Added *ExclusionEntry `json:"added"`
	// Affected are the objectives that something was counted for in its minutes.
	Affected []Affected `json:"affected"`
}

// Affected is what was counted for an objective in the minutes of an exclusion.
type Affected struct {
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	Environment string `json:"environment"`
	SLO         string `json:"slo"`
	// Good and Bad are events, or minutes where minutes are judged.
	Good uint64 `json:"good"`
	Bad  uint64 `json:"bad"`
	// Cost is the share of the window's budget that the bad ones would have cost if
	// they counted; 1 is all of it.
	Cost float64 `json:"cost"`
}

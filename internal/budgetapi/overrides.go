// SPDX-License-Identifier: Apache-2.0

package budgetapi

import (
	"encoding/json"
	"time"
)

// OverrideRequest is the body of POST /v1/overrides.
type OverrideRequest struct {
	// Actor is who decides, Reason why, and Ticket where it is written down.
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
	Ticket string `json:"ticket"`
	// Service, Namespace and Environment are the scope. Without namespace or
	// environment it fits each.
	Service     string  `json:"service"`
	Namespace   *string `json:"namespace,omitempty"`
	Environment *string `json:"environment,omitempty"`
	// Allow tells to allow or to refuse releases.
	Allow *bool `json:"allow"`
	// Until is when it ends: at most 24 hours from now.
	Until time.Time `json:"until"`
}

// OverrideEntry is an override as it is kept.
type OverrideEntry struct {
	ID    string `json:"id"`
	Actor string `json:"actor"`
	// AuthenticatedAs is who the endpoint's authentication says it was, empty if
	// it does not say.
	AuthenticatedAs string    `json:"authenticated_as"`
	Reason          string    `json:"reason"`
	Ticket          string    `json:"ticket"`
	Service         string    `json:"service"`
	Namespace       *string   `json:"namespace"`   // null fits each
	Environment     *string   `json:"environment"` // null fits each
	Allow           bool      `json:"allow"`
	From            time.Time `json:"from"`
	Until           time.Time `json:"until"`
}

// Overrides is the answer of GET /v1/overrides: those in force, the newest first.
type Overrides struct {
	AsOf      time.Time       `json:"as_of"`
	Overrides []OverrideEntry `json:"overrides"`
}

// Audit is the answer of GET /v1/audit: records in the order in which they were
// written.
type Audit struct {
	Records []AuditRecord `json:"records"`
	// Next is what to ask for with ?after= to read on, null at the end.
	Next *uint64 `json:"next"`
}

// AuditRecord is a line of the audit log.
type AuditRecord struct {
	Seq   uint64          `json:"seq"`
	Time  time.Time       `json:"time"`
	Event string          `json:"event"`
	Actor string          `json:"actor"`
	Data  json.RawMessage `json:"data"`
	Prev  string          `json:"prev"`
	Hash  string          `json:"hash"`
}

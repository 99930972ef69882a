// SPDX-License-Identifier: Apache-2.0

package budgetapi

import "time"

// Alerts is the answer of /v1/alerts.
type Alerts struct {
	AsOf   time.Time `json:"as_of"`
	Alerts []Alert   `json:"alerts"`
}

// Alert is one alert as it stands.
type Alert struct {
	Name string `json:"name"`
	// Service is empty for alerts of the collector itself, and SLO for those that
	// are about no objective.
	Service     string            `json:"service"`
	Namespace   string            `json:"namespace"`
	Environment string            `json:"environment"`
	SLO         string            `json:"slo"`
	State       string            `json:"state"` // pending, firing or resolved
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"starts_at"`
	EndsAt      *time.Time        `json:"ends_at"` // null while it lasts
}

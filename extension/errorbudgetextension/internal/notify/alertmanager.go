// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
)

// AlertmanagerPath is where an Alertmanager takes alerts, below its own URL.
const AlertmanagerPath = "/api/v2/alerts"

// posted is an alert as the API v2 of Alertmanager takes it (postableAlert of
// its OpenAPI document).
type posted struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// Alertmanager returns the encoder of requests to an Alertmanager. A firing alert
// ends by itself after lifetime unless it is sent again, so that the alerts of a
// collector that is gone end. External is the URL of the budget endpoint as
// people reach it.
func Alertmanager(external string, lifetime time.Duration) func([]alert.Alert, time.Time) ([]byte, error) {
	return func(alerts []alert.Alert, now time.Time) ([]byte, error) {
		out := make([]posted, len(alerts))
		for i, a := range alerts {
			out[i] = posted{
				Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.StartsAt.UTC(), EndsAt: now.Add(lifetime).UTC(),
				GeneratorURL: generatorURL(external, a),
			}
			if a.State == alert.Resolved {
				out[i].EndsAt = a.EndsAt.UTC()
			}
		}
		return json.Marshal(out)
	}
}

// generatorURL leads a person from an alert to the budgets of its service.
func generatorURL(external string, a alert.Alert) string {
	if external == "" {
		return ""
	}
	base := strings.TrimSuffix(external, "/")
	if a.ID.Service.Name == "" {
		return base + "/"
	}
	u := base + "/v1/budgets/" + url.PathEscape(a.ID.Service.Name)
	values := url.Values{}
	if a.ID.Service.Namespace != "" {
		values.Set("namespace", a.ID.Service.Namespace)
	}
	if a.ID.Service.Environment != "" {
		values.Set("environment", a.ID.Service.Environment)
	}
	if len(values) > 0 {
		u += "?" + values.Encode()
	}
	return u
}

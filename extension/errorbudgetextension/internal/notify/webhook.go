// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
)

// message is the body of a webhook.
type message struct {
	// Version changes when a field is taken away or means something else.
	Version int       `json:"version"`
	SentAt  time.Time `json:"sent_at"`
	Alerts  []event   `json:"alerts"`
}

// event is one alert in a webhook's body.
type event struct {
	Status       string            `json:"status"` // firing or resolved
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"starts_at"`
	EndsAt       *time.Time        `json:"ends_at"` // null while it fires
	GeneratorURL string            `json:"generator_url,omitempty"`
}

// Webhook returns the encoder of requests to a webhook.
func Webhook(external string) func([]alert.Alert, time.Time) ([]byte, error) {
	return func(alerts []alert.Alert, now time.Time) ([]byte, error) {
		m := message{Version: 1, SentAt: now.UTC(), Alerts: make([]event, len(alerts))}
		for i, a := range alerts {
			m.Alerts[i] = event{
				Status: string(a.State), Labels: a.Labels, Annotations: a.Annotations,
				StartsAt: a.StartsAt.UTC(), GeneratorURL: generatorURL(external, a),
			}
			if a.State == alert.Resolved {
				ends := a.EndsAt.UTC()
				m.Alerts[i].EndsAt = &ends
			}
		}
		return json.Marshal(m)
	}
}

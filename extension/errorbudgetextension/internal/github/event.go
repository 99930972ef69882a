// SPDX-License-Identifier: Apache-2.0

package github

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sloe-dev/sloe/internal/slo"
)

// EventHeader names the event of a delivery.
const EventHeader = "X-GitHub-Event"

// Names of the events that are answered.
const (
	EventRule = "deployment_protection_rule"
	EventPing = "ping"
)

// Event is what is read of a deployment_protection_rule event. The deployment's
// payload is not: who may push could write another service's name into it.
type Event struct {
	Action       string `json:"action"`
	Environment  string `json:"environment"`
	CallbackURL  string `json:"deployment_callback_url"`
	Repository   repo   `json:"repository"`
	Installation struct {
		ID int64 `json:"id"`
	} `json:"installation"`
}

type repo struct {
	Name     string `json:"name"`
	FullName string `json:"full_name"`
}

// parseEvent reads a delivery.
func parseEvent(body []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("the body is no JSON: %w", err)
	}
	if e.Repository.Name == "" || e.Repository.FullName == "" {
		return e, errors.New("the event has no repository")
	}
	return e, nil
}

// service is the one that a repository deploys: the one that is configured for
// it, or the one of its name; in the environment that the deployment is for.
func (a *App) service(e Event) slo.Service {
	name := e.Repository.Name
	if configured, ok := a.set.Services[e.Repository.FullName]; ok {
		name = configured
	}
	return slo.Service{Name: name, Environment: e.Environment}
}

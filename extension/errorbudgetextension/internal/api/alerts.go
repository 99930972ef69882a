// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// alerts answers /v1/alerts: what is pending, fires, or resolved a short while
// ago.
func (h *handler) alerts(w http.ResponseWriter, r *http.Request) {
	q, _, err := readQuery(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, "bad_request", err.Error())
		return
	}
	out := budgetapi.Alerts{AsOf: h.Assessor.Clock().UTC(), Alerts: []budgetapi.Alert{}}
	for _, a := range h.Alerts() {
		s := a.ID.Service
		if q.Namespace != nil && *q.Namespace != s.Namespace || q.Environment != nil && *q.Environment != s.Environment {
			continue
		}
		one := budgetapi.Alert{
			Name: a.ID.Name, Service: s.Name, Namespace: s.Namespace, Environment: s.Environment, SLO: a.ID.SLO,
			State: string(a.State), Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.StartsAt.UTC(),
		}
		if a.State == alert.Resolved {
			ends := a.EndsAt.UTC()
			one.EndsAt = &ends
		}
		out.Alerts = append(out.Alerts, one)
	}
	write(w, http.StatusOK, out)
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestAlerts(t *testing.T) {
	d := newDesk(t)
	got := decode[budgetapi.Alerts](t, d.call(http.MethodGet, "/v1/alerts", "alerts"))
	assert.Equal(t, []budgetapi.Alert{}, got.Alerts)

	labels, ends := map[string]string{"severity": "page"}, noon.Add(time.Minute)
	d.alerts = []alert.Alert{
		{ID: alert.ID{Service: slo.Service{Name: "shop", Namespace: "retail"}, SLO: "http_latency", Name: "a"}, State: alert.Firing, Labels: labels,
			Annotations: map[string]string{}, StartsAt: noon},
		{ID: alert.ID{Service: slo.Service{Name: "shop", Environment: "test"}, Name: "b"}, State: alert.Resolved, Labels: labels,
			Annotations: map[string]string{}, StartsAt: noon, EndsAt: ends},
	}
	got = decode[budgetapi.Alerts](t, d.call(http.MethodGet, "/v1/alerts", "alerts"))
	assert.Equal(t, []budgetapi.Alert{
		{Name: "a", Service: "shop", Namespace: "retail", SLO: "http_latency", State: "firing", Labels: labels, Annotations: map[string]string{}, StartsAt: noon},
		{Name: "b", Service: "shop", Environment: "test", State: "resolved", Labels: labels, Annotations: map[string]string{}, StartsAt: noon, EndsAt: &ends},
	}, got.Alerts)
	for target, want := range map[string]string{"?namespace=retail": "a", "?environment=test": "b"} {
		got = decode[budgetapi.Alerts](t, d.call(http.MethodGet, "/v1/alerts"+target, "alerts"))
		assert.Len(t, got.Alerts, 1)
		assert.Equal(t, want, got.Alerts[0].Name)
	}
	assert.Equal(t, http.StatusBadRequest, d.call(http.MethodGet, "/v1/alerts?service=shop", "error").Code)
	assert.Equal(t, http.StatusMethodNotAllowed, d.call(http.MethodPost, "/v1/alerts", "error").Code)
}

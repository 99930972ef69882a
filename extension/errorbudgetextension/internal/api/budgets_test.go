// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestBudgetsOfAService(t *testing.T) {
	d := newDesk(t)
	shop := slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
	d.countAs(shop, slo.HTTPLatency, "aaaa", 5, 6) // an older threshold
	d.count(shop, slo.HTTPAvailability, 9_997_499, 2_501)
	d.countAs(shop, slo.HTTPLatency, "bbbb", 990, 10)
	d.ledger.Open(shop, noon, slo.MinuteOf(noon), 3, writer)
	got := decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets/shop", "budgets"))
	remaining := 0.0
	minute := noon.Truncate(time.Minute)
	assert.Equal(t, budgetapi.Budgets{AsOf: noon, DurableThrough: noon, Services: []budgetapi.ServiceBudget{{
		Namespace: "retail", Name: "shop", Environment: "prod", Tier: "tier1", Team: "retail", Listed: true,
		State: "FREEZE", Allow: false, Activity: "active", Coverage: 1, OpenRequests: 3, Remaining: &remaining,
		Reasons: []budgetapi.Reason{
			{Code: "BUDGET_BELOW_NORMAL", SLO: slo.HTTPAvailability, Value: 0.4998, Limit: 0.5},
			{Code: "BUDGET_BELOW_CANARY", SLO: slo.HTTPLatency, Value: 0.0, Limit: 0.2},
		},
		NextState: &budgetapi.Next{State: "NORMAL", Earliest: minute.Add(30*24*time.Hour + time.Minute)},
		Forecast:  &budgetapi.Forecast{Outlook: "exhausted", SLO: slo.HTTPLatency, Over: "1h", ExhaustedIn: new(int64)},
		SLOs: []budgetapi.SLO{
			{Name: slo.HTTPAvailability, Indicator: slo.HTTPAvailability, Kind: "events", Objective: "0.9995", Window: "30d", Definition: "0123456789abcdef", Good: 9_997_499, Bad: 2_501,
				Valid: 10_000_000, Remaining: 0.4998, State: "CANARY", Forecast: &budgetapi.Forecast{Outlook: "not_burning", Over: "1h"}, OlderDefinitions: []budgetapi.OlderDefinition{}, SpentBy: allUnknown(10_000_000, 2_501, 0.5002)},
			{Name: slo.HTTPLatency, Indicator: slo.HTTPLatency, Kind: "latency", Objective: "0.99", ThresholdMS: 200, Latency: "handler", Window: "30d", Definition: "bbbb", Good: 990, Bad: 10, Valid: 1000,
				Remaining: 0, State: "FREEZE", Forecast: &budgetapi.Forecast{Outlook: "exhausted", Over: "1h", ExhaustedIn: new(int64)}, OlderDefinitions: []budgetapi.OlderDefinition{
					{Definition: "aaaa", Good: 5, Bad: 6, Valid: 11, LastMinute: minute},
				}, SpentBy: allUnknown(1000, 10, 1)},
		},
		Incidents: &[]budgetapi.Incident{}, // a hundredth is just what is permitted
		AsOf:      noon, DurableThrough: noon,
	}}}, got)
}

func TestBudgetsWorstFirst(t *testing.T) {
	d := newDesk(t)
	for name, bad := range map[string]uint64{"a-fine": 0, "b-frozen": 60, "c-worse": 90, "d-canary": 30, "e-hardly-fine": 20} {
		d.count(slo.Service{Name: name}, slo.HTTPAvailability, 10_000-bad, bad)
	}
	d.count(slo.Service{Name: "quiet"}, slo.HTTPAvailability, 0, 0)
	got := decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets", "budgets"))
	var names []string
	for _, s := range got.Services {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"c-worse", "b-frozen", "rare", "shop", "d-canary", "lenient", "e-hardly-fine", "a-fine", "quiet"}, names)
}

func TestBudgetsFilter(t *testing.T) {
	d := newDesk(t)
	d.count(slo.Service{Name: "one", Environment: "prod"}, slo.HTTPAvailability, 1, 0)
	d.count(slo.Service{Name: "one", Environment: "test"}, slo.HTTPAvailability, 1, 0)
	for target, want := range map[string]int{
		"/v1/budgets/one":                              2,
		"/v1/budgets/one?environment=prod":             1,
		"/v1/budgets?environment=test":                 5, // and what is listed, not seen, and fits each
		"/v1/budgets?environment=test&namespace=nope":  4,
		"/v1/budgets/shop?environment=prod&namespace=": 1,
	} {
		got := decode[budgetapi.Budgets](t, d.call(http.MethodGet, target, "budgets"))
		assert.Len(t, got.Services, want, target)
	}
}

func TestErrors(t *testing.T) {
	d := newDesk(t)
	for _, tt := range []struct {
		method, target string
		status         int
		code           string
	}{
		{"GET", "/v1/budgets/nobody", 404, "not_found"},
		{"GET", "/v1/budgets/", 404, "not_found"},
		{"GET", "/v1/gate", 404, "not_found"},
		{"GET", "/v1/gate/", 404, "not_found"},
		{"GET", "/v1/gate/a/b", 404, "not_found"},
		{"GET", "/v2/gate/a", 404, "not_found"},
		{"POST", "/v1/gate/shop", 405, "method_not_allowed"},
		{"DELETE", "/v1/check/shop", 405, "method_not_allowed"},
		{"PUT", "/v1/budgets", 405, "method_not_allowed"},
		{"POST", "/", 405, "method_not_allowed"},
		{"GET", "/v1/gate/shop?enviroment=prod", 400, "bad_request"},
		{"GET", "/v1/gate/shop?strategy=full", 400, "bad_request"},
		{"GET", "/v1/check/shop?strategy=half", 400, "bad_request"},
		{"GET", "/v1/check/shop?strategy=", 400, "bad_request"},
		{"GET", "/v1/budgets?namespace=a&namespace=b", 400, "bad_request"},
		{"GET", "/v1/budgets?namespace=%zz", 400, "bad_request"},
		{"GET", "/v1/budgets/shop?a;b", 400, "bad_request"},
	} {
		w := d.call(tt.method, tt.target, "error")
		assert.Equal(t, tt.status, w.Code, tt.target)
		assert.Equal(t, tt.code, decode[budgetapi.Error](t, w).Error.Code, tt.target)
		assert.Equal(t, tt.status == 405, w.Header().Get("Allow") != "", tt.target)
	}
	assert.Empty(t, d.decisions, "an error is no decision")
}

// Incidents are told of one service, and not in the list of all.
func TestIncidentsOfAService(t *testing.T) {
	d := newDesk(t)
	shop := slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
	d.count(shop, slo.HTTPAvailability, 9_997_000, 0)
	at := slo.MinuteOf(noon) - 100
	d.ledger.Apply(&budget.Batch{Until: noon, Increments: []budget.Increment{
		{Series: budget.SeriesID{Key: slo.Key{Service: shop, SLI: slo.HTTPAvailability}, Definition: "0123456789abcdef"}, Minute: at, Counts: budget.Counts{Good: 1000, Bad: 1250}},
		{Series: budget.SeriesID{Key: slo.Key{Service: shop, SLI: slo.HTTPAvailability}, Definition: "0123456789abcdef"}, Minute: at + 99, Counts: budget.Counts{Good: 250, Bad: 500}},
	}})
	got := decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets/shop", "budgets")).Services[0]
	end := (at + 1).Time()
	require.NotNil(t, got.Incidents)
	assert.Equal(t, []budgetapi.Incident{
		{SLO: slo.HTTPAvailability, Start: (at + 99).Time(), Good: 250, Bad: 500, Cost: 0.1},
		{SLO: slo.HTTPAvailability, Start: at.Time(), End: &end, Good: 1000, Bad: 1250, Cost: 0.25},
	}, *got.Incidents)
	for _, s := range decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets", "budgets")).Services {
		assert.Nil(t, s.Incidents)
	}
}

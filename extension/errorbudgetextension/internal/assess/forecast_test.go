// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// The service's forecast, and the gate's, is that of the budget that is exhausted
// first, which need not be the one of which the least is left.
func TestForecastOfTheFirst(t *testing.T) {
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	d := newDesk(t, now, `
services:
  - name: shop
    slos:
      - {name: events, indicator: http_availability, target: 0.9, window: 7d}
      - {name: first, indicator: grpc_availability, target: 0.999, window: 7d}
      - {name: minutes, indicator: grpc_availability, target: 0.4, slice_target: 0.999, window: 7d}
      - {name: quiet, indicator: db_availability, target: 0.9, window: 7d}
      - {name: later, indicator: checkout_paid}`)
	d.count(now.Add(-8*24*time.Hour), slo.HTTPAvailability, 1, 0)
	d.count(now.Add(-8*24*time.Hour), slo.GRPCAvailability, 1, 0)
	d.count(now.Add(-2*time.Hour), slo.HTTPAvailability, 920, 80) // 20 % left
	d.count(now.Add(-2*time.Hour), slo.GRPCAvailability, 1_000_000, 0)
	d.count(now.Add(-time.Hour), slo.HTTPAvailability, 9, 1)      // a burn of 1
	d.count(now.Add(-time.Minute), slo.GRPCAvailability, 986, 14) // a burn of 14
	d.count(now, slo.HTTPAvailability, 0, 0)
	d.count(now, slo.DBAvailability, 100, 0)

	a := d.One(Query{Name: "shop"})
	b, gate := a.Budget(), a.Gate("id")
	assert.Equal(t, "minutes", gate.Budget.SLO)
	require.NotNil(t, gate.Forecast)
	assert.Equal(t, b.Forecast, gate.Forecast)
	rate, seconds := 14.0, int64((7*24*60*(1001000-14000)/1001000)/14*60)
	at := now.Add(time.Duration(seconds) * time.Second)
	assert.Equal(t, &budgetapi.Forecast{Outlook: "burning", SLO: "first", BurnRate: &rate, Over: "1h", ExhaustedIn: &seconds, ExhaustedAt: &at}, b.Forecast)
	outlooks := map[string]string{}
	for _, s := range b.SLOs {
		outlooks[s.Name] = s.Forecast.Outlook
		assert.Empty(t, s.Forecast.SLO, "it stands beside it")
	}
	assert.Equal(t, map[string]string{"events": "burning", "first": "burning", "minutes": "burning", "quiet": "not_burning", "later": "not_burning"}, outlooks)
}

// Every outlook is one that the endpoint names, and each has its urgency.
func TestOutlooks(t *testing.T) {
	var all []string
	for _, o := range Outlooks() {
		all = append(all, string(o))
	}
	assert.Equal(t, []string{
		budgetapi.OutlookExhausted, budgetapi.OutlookBurning, budgetapi.OutlookUnanswered, budgetapi.OutlookUnmeasured,
		budgetapi.OutlookLasting, budgetapi.OutlookNotBurning,
	}, all)
	assert.Equal(t, -1, soonest(nil))
	assert.Equal(t, 1, soonest([]Forecast{{Outlook: "burning", Lasts: 2}, {Outlook: "burning", Lasts: 1}, {Outlook: "lasting"}}))
}

// Nobody is told what becomes of a budget that there is none of.
func TestNoForecast(t *testing.T) {
	d := newDesk(t, time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC), named)
	a := d.One(Query{Name: "shop"})
	assert.Nil(t, a.Gate("id").Forecast)
	assert.Nil(t, a.Budget().Forecast)
}

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

// allUnknown is what is said of bad events of which nothing is known.
func allUnknown(valid, bad uint64, cost float64) []budgetapi.SpentBy {
	var all []budgetapi.SpentBy
	for _, d := range slo.Dimensions() {
		s := budgetapi.SpentBy{Dimension: d.String(), Parts: []budgetapi.SpentPart{}, Unknown: budgetapi.SpentPart{Bad: bad, Cost: cost}}
		if d == slo.Version {
			none := uint64(0)
			s.Other.Valid, s.Unknown.Valid = &none, &valid
		}
		all = append(all, s)
	}
	return all
}

// attribute says what events have in common that were counted.
func (d *desk) attribute(s slo.Service, sli string, dimension slo.Dimension, name string, good, bad uint64) {
	d.ledger.Apply(&budget.Batch{Until: noon, Attributions: []budget.Attribution{{
		Series: budget.SeriesID{Key: slo.Key{Service: s, SLI: sli}, Definition: "0123456789abcdef"},
		Hour:   slo.MinuteOf(noon) / 60 * 60, Part: slo.Part{Dimension: dimension, Name: name}, Counts: budget.Counts{Good: good, Bad: bad},
	}}})
}

// What spent the budget adds up to the objective's bad events, and by version to the
// valid ones.
func TestSpentBy(t *testing.T) {
	d := newDesk(t)
	shop := slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
	d.count(shop, slo.HTTPAvailability, 9_990, 10)
	d.attribute(shop, slo.HTTPAvailability, slo.Route, "GET /cart", 0, 2)
	d.attribute(shop, slo.HTTPAvailability, slo.Route, "POST /pay", 0, 5)
	d.attribute(shop, slo.HTTPAvailability, slo.Route, "", 0, 1)
	d.attribute(shop, slo.HTTPAvailability, slo.Version, "1.4", 8_000, 1)
	d.attribute(shop, slo.HTTPAvailability, slo.Version, "1.5", 1_000, 8)
	got := decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets/shop", "budgets")).Services[0].SLOs[0]
	n := func(v uint64) *uint64 { return &v }
	assert.Equal(t, budgetapi.SpentBy{
		Dimension: "route",
		Parts:     []budgetapi.SpentPart{{Name: "POST /pay", Bad: 5, Cost: 1}, {Name: "GET /cart", Bad: 2, Cost: 0.4}},
		Other:     budgetapi.SpentPart{Bad: 1, Cost: 0.2}, Unknown: budgetapi.SpentPart{Bad: 2, Cost: 0.4},
	}, got.SpentBy[slo.Route])
	assert.Equal(t, budgetapi.SpentBy{
		Dimension: "version",
		Parts:     []budgetapi.SpentPart{{Name: "1.5", Bad: 8, Valid: n(1_008), Cost: 1.6}, {Name: "1.4", Bad: 1, Valid: n(8_001), Cost: 0.2}},
		Other:     budgetapi.SpentPart{Valid: n(0)}, Unknown: budgetapi.SpentPart{Bad: 1, Valid: n(991), Cost: 0.2},
	}, got.SpentBy[slo.Version])
	assert.Equal(t, allUnknown(10_000, 10, 2)[slo.ErrorType], got.SpentBy[slo.ErrorType])
	for _, s := range decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets", "budgets")).Services {
		for _, o := range s.SLOs {
			assert.Nil(t, o.SpentBy, "of one service alone")
		}
		assert.Nil(t, s.Queue)
	}
}

// Where the time of requests went is told in exact seconds, and by edges.
func TestQueue(t *testing.T) {
	d := newDesk(t)
	shop := slo.Service{Name: "shop"}
	d.count(shop, slo.HTTPAvailability, 2, 0)
	queues := budget.NewQueues(d.assessor.Clock)
	d.assessor.Waits = queues.Recent
	assert.Nil(t, decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets/shop", "budgets")).Services[0].Queue)
	var w slo.Waits
	w.Observe(900*time.Millisecond, 300*time.Millisecond)
	w.Observe(1, 20*time.Second)
	queues.Waited(shop, slo.MinuteOf(noon), w)
	got := decode[budgetapi.Budgets](t, d.call(http.MethodGet, "/v1/budgets/shop", "budgets")).Services[0].Queue
	require.NotNil(t, got)
	one, second, half := int64(1), int64(1000), int64(500)
	assert.Equal(t, budgetapi.Queue{
		Since: noon.Truncate(time.Hour), Requests: 2,
		Queue:   budgetapi.TimeSpent{Seconds: "0.900000001", Share: 0.042453, MedianMS: &one, P95MS: &second},
		Handler: budgetapi.TimeSpent{Seconds: "20.300000000", Share: 0.957547, MedianMS: &half},
	}, *got)
}

// An objective on what callers felt that saw no queue time is no health while others
// count: the state is UNKNOWN.
func TestFeltWithoutQueueTimes(t *testing.T) {
	d := newDesk(t)
	snapshot, err := slo.ParseCatalogue("catalogue", []byte(`services: [{name: shop, slo: {latency: felt}}]`))
	require.NoError(t, err)
	d.assessor.Catalogue = func() *slo.Snapshot { return snapshot }
	shop := slo.Service{Name: "shop"}
	d.count(shop, slo.HTTPLatency, 0, 0)
	assert.Equal(t, "NORMAL", d.gate("/v1/gate/shop").State, "no traffic is no blindness")
	d.count(shop, slo.HTTPAvailability, 1000, 0)
	got := d.gate("/v1/gate/shop")
	assert.Equal(t, "UNKNOWN", got.State)
	assert.False(t, got.Allow)
	assert.Contains(t, got.Reasons, budgetapi.Reason{Code: "QUEUE_TIME_UNKNOWN", SLO: slo.HTTPLatency})
	d.count(shop, slo.HTTPAvailability, 0, 1000)
	assert.Equal(t, "FREEZE", d.gate("/v1/gate/shop").State, "what is known to be bad stays so")
	d.count(shop, slo.HTTPLatency, 1, 0)
	assert.NotContains(t, d.gate("/v1/gate/shop").Reasons, budgetapi.Reason{Code: "QUEUE_TIME_UNKNOWN", SLO: slo.HTTPLatency})
}

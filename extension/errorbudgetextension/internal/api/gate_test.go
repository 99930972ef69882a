// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestWorkedCases(t *testing.T) {
	full, canary, none := budgetapi.Strategy{Type: "full", MaxWeight: 100}, budgetapi.Strategy{Type: "canary", MaxWeight: 10}, budgetapi.Strategy{Type: "none"}
	for _, tt := range []struct {
		bad                   uint64
		remaining             float64
		state                 string
		strategy              budgetapi.Strategy
		check, checkAsFull    int
		retryAfter, nextState string
	}{
		{2_500, 0.5, "NORMAL", full, 200, 200, "", ""},
		{2_501, 0.4998, "CANARY", canary, 200, 423, "3600", "NORMAL"},
		{4_000, 0.2, "CANARY", canary, 200, 423, "3600", "NORMAL"},
		{4_001, 0.1998, "FREEZE", none, 423, 423, "3600", "NORMAL"},
		{6_000, -0.2, "FREEZE", none, 423, 423, "3600", "NORMAL"},
	} {
		t.Run(strconv.FormatUint(tt.bad, 10), func(t *testing.T) {
			d := newDesk(t)
			shop := slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
			d.count(shop, slo.HTTPAvailability, 10_000_000-tt.bad, tt.bad)
			g := d.gate("/v1/gate/shop")
			assert.Equal(t, tt.state, g.State)
			assert.Equal(t, tt.strategy, g.Strategy)
			assert.Equal(t, tt.strategy.Type != "none", g.Allow)
			assert.Equal(t, &budgetapi.Budget{Remaining: tt.remaining, SLO: slo.HTTPAvailability, Window: "30d", Coverage: 1}, g.Budget)
			assert.Equal(t, [3]string{"retail", "shop", "prod"}, [3]string{g.Namespace, g.Service, g.Environment})
			assert.Equal(t, noon, g.AsOf)
			assert.Equal(t, noon, g.DurableThrough)
			assert.Equal(t, noon.Truncate(time.Minute).Add(4*time.Minute), g.StaleAfter)
			if tt.nextState != "" {
				// All is in one minute, which leaves the window at once.
				assert.Equal(t, &budgetapi.Next{State: tt.nextState, Earliest: noon.Truncate(time.Minute).Add(30*24*time.Hour + time.Minute)}, g.NextState)
			} else {
				assert.Nil(t, g.NextState)
			}

			w := d.call(http.MethodGet, "/v1/check/shop", "gate")
			assert.Equal(t, tt.check, w.Code)
			checked := decode[budgetapi.Gate](t, w)
			w = d.call(http.MethodPost, "/v1/check/shop?strategy=full", "gate")
			assert.Equal(t, tt.checkAsFull, w.Code)
			assert.Equal(t, tt.retryAfter, w.Header().Get("Retry-After"))

			require.Len(t, d.decisions, 3, "each answer is a decision")
			assert.Equal(t, g, d.decisions[0])
			assert.NotEqual(t, g.DecisionID, checked.DecisionID)
			checked.DecisionID = g.DecisionID
			assert.Equal(t, g, checked, "the check has the gate's body")
		})
	}
}

func codes(g budgetapi.Gate) []string {
	out := []string{}
	for _, r := range g.Reasons {
		out = append(out, r.Code)
	}
	return out
}

func TestWhatIsNotKnown(t *testing.T) {
	for _, tt := range []struct {
		name, target string
		play         func(d *desk)
		state        string
		allow        bool
		codes        []string
		check        int
	}{
		{"listed, never seen", "shop", nil, "UNKNOWN", false, []string{"NEVER_SEEN"}, 503},
		{"listed as open, never seen", "lenient", nil, "UNKNOWN", true, []string{"NEVER_SEEN"}, 200},
		{"not listed, never seen", "stranger", nil, "UNKNOWN", true, []string{"NEVER_SEEN", "DEFAULT_TIER"}, 200},
		{"not listed, seen", "stranger", func(d *desk) { d.count(slo.Service{Name: "stranger"}, slo.HTTPAvailability, 10, 0) },
			"NORMAL", true, []string{"BUDGET_OK", "DEFAULT_TIER"}, 200},
		{"idle and measured", "quiet", func(d *desk) { d.count(slo.Service{Name: "quiet"}, slo.HTTPAvailability, 0, 0) },
			"NORMAL", true, []string{"IDLE"}, 200},
		{"not measured", "shop", func(d *desk) { d.countAs(slo.Service{Name: "shop"}, slo.HTTPAvailability, "d", 10, 0) },
			"UNKNOWN", false, []string{"BUDGET_OK", "NOT_MEASURED"}, 503},
		{"too few events", "rare", func(d *desk) { d.count(slo.Service{Name: "rare"}, slo.HTTPAvailability, 99, 0) },
			"UNKNOWN", false, []string{"BELOW_MIN_EVENTS"}, 503},
		{"down", "shop", func(d *desk) {
			d.count(slo.Service{Name: "shop"}, slo.HTTPAvailability, 0, 0)
			d.ledger.Open(slo.Service{Name: "shop"}, noon, slo.MinuteOf(noon), 12, writer)
		}, "UNKNOWN", false, []string{"DOWN"}, 503},
		{"two of the name", "shop", func(d *desk) {
			d.count(slo.Service{Name: "shop", Namespace: "a"}, slo.HTTPAvailability, 1, 0)
			d.count(slo.Service{Name: "shop", Namespace: "b"}, slo.HTTPAvailability, 1, 0)
		}, "UNKNOWN", false, []string{"AMBIGUOUS"}, 503},
		{"one of the two", "shop?namespace=b", func(d *desk) {
			d.count(slo.Service{Name: "shop", Namespace: "a"}, slo.HTTPAvailability, 1, 0)
			d.count(slo.Service{Name: "shop", Namespace: "b"}, slo.HTTPAvailability, 1, 0)
		}, "NORMAL", true, []string{"BUDGET_OK"}, 200},
		{"the one without a namespace", "shop?namespace=", func(d *desk) {
			d.count(slo.Service{Name: "shop", Namespace: "a"}, slo.HTTPAvailability, 1, 0)
			d.count(slo.Service{Name: "shop"}, slo.HTTPAvailability, 0, 1)
		}, "FREEZE", false, []string{"BUDGET_BELOW_CANARY"}, 423},
		{"a namespace where it was never seen", "shop?namespace=c&environment=prod", func(d *desk) {
			d.count(slo.Service{Name: "shop", Namespace: "a"}, slo.HTTPAvailability, 1, 0)
		}, "UNKNOWN", false, []string{"NEVER_SEEN"}, 503},
		{"a name that needs escaping", "a%2Fb%20%C3%BC", func(d *desk) {
			d.count(slo.Service{Name: "a/b ü"}, slo.HTTPAvailability, 1, 0)
		}, "NORMAL", true, []string{"BUDGET_OK", "DEFAULT_TIER"}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			if tt.play != nil {
				tt.play(d)
			}
			g := d.gate("/v1/gate/" + tt.target)
			assert.Equal(t, tt.state, g.State)
			assert.Equal(t, tt.allow, g.Allow)
			assert.Equal(t, tt.codes, codes(g))
			w := d.call(http.MethodGet, "/v1/check/"+tt.target, "gate")
			assert.Equal(t, tt.check, w.Code)
			if w.Code == http.StatusServiceUnavailable {
				assert.Equal(t, "60", w.Header().Get("Retry-After"))
			}
		})
	}
}

func TestAmbiguousListsCandidates(t *testing.T) {
	d := newDesk(t)
	d.count(slo.Service{Name: "shop", Namespace: "b"}, slo.HTTPAvailability, 1, 0)
	d.count(slo.Service{Name: "shop", Namespace: "a", Environment: "prod"}, slo.HTTPAvailability, 1, 0)
	g := d.gate("/v1/gate/shop")
	assert.Equal(t, []any{"a/shop@prod", "b/shop"}, g.Reasons[0].Value)
	assert.Nil(t, g.Budget)
}

func TestUncertainEventsAreShown(t *testing.T) {
	d := newDesk(t)
	shop := slo.Service{Name: "shop"}
	d.count(shop, slo.HTTPAvailability, 10, 0)
	d.ledger.Apply(&budget.Batch{Until: noon, Increments: []budget.Increment{{
		Series: budget.SeriesID{Key: slo.Key{Service: shop, SLI: slo.HTTPAvailability}, Definition: "0123456789abcdef"},
		Minute: slo.MinuteOf(noon), Counts: budget.Counts{Uncertain: 7},
	}}})
	g := d.gate("/v1/gate/shop")
	assert.EqualValues(t, 7, g.Budget.UncertainEvents)
	assert.Equal(t, 0.588235, g.Budget.Coverage, "ten of seventeen")
	assert.Equal(t, "NORMAL", g.State, "the catalogue sets no limit")
}

// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

var shop = slo.Service{Name: "shop"}

// desk is an Assessor over counts that a test applies at given instants.
type desk struct {
	*Assessor
	t      *testing.T
	ledger *budget.Ledger
	now    time.Time
}

func newDesk(t *testing.T, now time.Time, catalogue string) *desk {
	t.Helper()
	snapshot, err := slo.ParseCatalogue("catalogue", []byte(catalogue))
	require.NoError(t, err)
	d := &desk{t: t, now: now}
	d.ledger = budget.NewLedger(func(s slo.Service) time.Duration { return snapshot.Lookup(s).Window })
	d.Assessor = &Assessor{
		Catalogue:  func() *slo.Snapshot { return snapshot },
		Ledger:     func() *budget.Ledger { return d.ledger },
		Thresholds: policy.DefaultThresholds(),
		StaleAfter: 3 * time.Minute,
		Clock:      func() time.Time { return d.now },
	}
	return d
}

// count makes events durable at an instant, and the minute measured.
func (d *desk) count(at time.Time, sli string, good, bad uint64) {
	minute := slo.MinuteOf(at)
	d.ledger.Apply(&budget.Batch{
		Until: at,
		Increments: []budget.Increment{{
			Series: budget.SeriesID{Key: slo.Key{Service: shop, SLI: sli}, Definition: "d"},
			Minute: minute, Counts: budget.Counts{Good: good, Bad: bad},
		}},
		Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute}},
		Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}},
	})
}

func (d *desk) budget() map[string]budgetapi.SLO {
	d.t.Helper()
	found := map[string]budgetapi.SLO{}
	for _, s := range d.One(Query{Name: "shop"}).Budget().SLOs {
		require.NotContains(d.t, found, s.Name)
		found[s.Name] = s
	}
	return found
}

const named = `
services:
  - name: shop
    slo: {availability: 0.99, latency_target: 0.9, window: 30d}
    slos:
      - {name: this-month, indicator: http_availability, target: 0.9, window: month, time_zone: Europe/Berlin}
      - {name: this-week, indicator: http_availability, target: 0.8, window: 7d}
      - {name: fast, indicator: http_latency, target: 0.5, threshold_ms: 100}
      - {name: later, indicator: checkout_paid, min_events: 10}
`

func TestNamedObjectives(t *testing.T) {
	// The month began in Berlin at 23:00 UTC on the day before.
	start := time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC)
	d := newDesk(t, start.Add(8*24*time.Hour), named)
	d.count(start.Add(-time.Minute), slo.HTTPAvailability, 0, 1000)
	d.count(start, slo.HTTPAvailability, 950, 50)
	d.count(d.now, slo.HTTPAvailability, 900, 100)
	d.count(d.now, "http_latency_100ms", 59, 41)
	d.count(d.now, "http_latency_50ms", 0, 40)
	d.count(d.now, slo.GRPCLatency, 95, 5)

	got := d.budget()
	assert.Len(t, got, 5, "the named ones, and the tier's of grpc_latency alone")
	month := got["this-month"]
	assert.Equal(t, []any{"http_availability", "events", "month Europe/Berlin", budgetapi.Number("0.9")}, []any{month.Indicator, month.Kind, month.Window, month.Objective})
	assert.Equal(t, []uint64{1850, 150}, []uint64{month.Good, month.Bad})
	assert.InDelta(t, 1-150.0/200, month.Remaining, 1e-6)
	assert.Equal(t, "CANARY", month.State)
	week := got["this-week"]
	assert.Equal(t, []uint64{900, 100}, []uint64{week.Good, week.Bad}, "each has the minutes of its own window")
	assert.Equal(t, "NORMAL", week.State)
	fast := got["fast"]
	assert.Equal(t, []any{"http_latency", "latency", int64(100), uint64(41), "FREEZE"}, []any{fast.Indicator, fast.Kind, fast.ThresholdMS, fast.Bad, fast.State})
	assert.InDelta(t, 0.18, fast.Remaining, 1e-6)
	later := got["later"]
	assert.Equal(t, []any{"checkout_paid", uint64(0), "UNKNOWN"}, []any{later.Indicator, later.Valid, later.State}, "what was not counted yet is shown, and not judged")
	assert.Equal(t, "30d", got[slo.GRPCLatency].Window)

	gate := d.One(Query{Name: "shop"}).Gate("id")
	assert.Equal(t, "FREEZE", gate.State)
	assert.Equal(t, "fast", gate.Budget.SLO, "the worst wins")
}

// A month's budget is whole again when the month is over; nothing rolls off
// before.
func TestCalendarBudgetResets(t *testing.T) {
	d := newDesk(t, time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC), `
services: [{name: shop, slos: [{name: month, indicator: http_availability, target: 0.9, window: month}]}]`)
	d.count(d.now, slo.HTTPAvailability, 900, 90)
	a := d.One(Query{Name: "shop"})
	require.Equal(t, policy.Freeze, a.Verdict.State)
	assert.Equal(t, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), a.Verdict.Next.Earliest)

	d.now = time.Date(2026, 3, 31, 23, 59, 59, 0, time.UTC)
	d.count(d.now, slo.HTTPAvailability, 10, 0)
	assert.Equal(t, uint64(90), d.budget()["month"].Bad)
	d.now = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	d.count(d.now, slo.HTTPAvailability, 10, 0)
	month := d.budget()["month"]
	assert.Equal(t, []uint64{10, 0}, []uint64{month.Good, month.Bad})
	assert.Equal(t, "NORMAL", month.State)
}

// Minutes are judged by the share of their good events; those without events are
// neither good nor bad.
func TestTimeSlices(t *testing.T) {
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	d := newDesk(t, now, `
services:
  - name: shop
    slos:
      - {name: minutes, indicator: http_availability, target: 0.9, slice_target: 0.95, window: 7d, min_events: 20}
      - {name: events, indicator: http_availability, target: 0.9, window: 7d}`)
	for m := range 20 {
		at := now.Add(-time.Duration(3*m) * time.Minute)
		bad := uint64(5) // just good
		if m == 7 {
			bad = 1000
		}
		d.count(at, slo.HTTPAvailability, 95, bad)
	}
	got := d.budget()
	assert.Equal(t, []uint64{19, 1, 20}, []uint64{got["minutes"].Good, got["minutes"].Bad, got["minutes"].Valid})
	assert.Equal(t, "time_slices", got["minutes"].Kind)
	assert.InDelta(t, 0.5, got["minutes"].Remaining, 1e-6)
	assert.Equal(t, "NORMAL", got["minutes"].State)
	assert.Equal(t, uint64(1095), got["events"].Bad)
	assert.Equal(t, "FREEZE", got["events"].State)
}

func TestNobodyCountedYet(t *testing.T) {
	d := newDesk(t, time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC), named)
	a := d.One(Query{Name: "shop"})
	assert.Empty(t, a.SLOs)
	assert.Nil(t, a.Gate("id").Budget)
	assert.Equal(t, policy.NeverSeen, a.Verdict.Reasons[0].Code)
}

// Each objective is as covered as its own window.
func TestCoverageOfTheWindow(t *testing.T) {
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	d := newDesk(t, now, `
services: [{name: shop, slos: [{name: long, indicator: http_availability, window: 28d}, {name: short, indicator: grpc_availability, window: 7d}]}]`)
	d.count(now.Add(-20*24*time.Hour), slo.HTTPAvailability, 1, 0)
	for m := 7 * 24 * 60; m >= 0; m-- { // blind for 13 days
		d.ledger.Apply(&budget.Batch{Until: now, Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: slo.MinuteOf(now) - slo.Minute(m)}}})
	}
	d.count(now, slo.GRPCAvailability, 9, 1)
	assert.InDelta(t, 1.0, d.One(Query{Name: "shop"}).Gate("id").Budget.Coverage, 1e-6)
	d.count(now, slo.HTTPAvailability, 0, 10)
	d.count(now, slo.GRPCAvailability, 10000, 0)
	gate := d.One(Query{Name: "shop"}).Gate("id")
	require.Equal(t, "long", gate.Budget.SLO)
	assert.InDelta(t, 7.0/20, gate.Budget.Coverage, 1e-3)
}

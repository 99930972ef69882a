// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/slo"
)

const fleetCatalogue = `
services:
  - {name: payment-api, namespace: shop, environment: production, tier: tier1, team: payment}
  - {name: checkout, namespace: shop, environment: production, tier: tier1, team: payment}
  - {name: order-service, namespace: shop, environment: production, tier: tier2, team: fulfilment}
  - {name: nightly-report, tier: tier3, team: data}
  - {name: not-yet-deployed, tier: tier2, team: platform}
`

// actor is a service of the fleet and how it behaved for 30 days.
type actor struct {
	service slo.Service
	// permille of requests that failed, and in the outage that was three days ago.
	usual, outage float64
	perMinute     int
}

func prod(name string) slo.Service {
	return slo.Service{Namespace: "shop", Name: name, Environment: "production"}
}

var fleet = []actor{
	{prod("payment-api"), 0.1, 120, 100},
	{prod("checkout"), 0.1, 10, 80},
	{prod("order-service"), 0.3, 0.3, 60},
	{prod("a-service-with-a-name-that-is-much-longer-than-most-names-are"), 0.5, 1, 20},
	{slo.Service{Name: "search"}, 2, 2, 200},
	{slo.Service{Name: "cart", Environment: "staging"}, 8, 8, 10},
	{slo.Service{Name: "nightly-report"}, 0, 0, 0},
}

// playFleet is a desk with 30 days of a fleet: an outage three days ago, nine
// hours that nobody measured, and a day that is excluded.
func playFleet(t *testing.T) *assess.Assessor {
	t.Helper()
	catalogue, err := slo.ParseCatalogue("fleet", []byte(fleetCatalogue))
	require.NoError(t, err)
	ledger := budget.NewLedger(func(s slo.Service) time.Duration { return catalogue.Lookup(s).Window })
	random := rand.New(rand.NewPCG(1, 2))
	now := slo.MinuteOf(noon)
	start := now - 30*24*60
	b := &budget.Batch{Until: noon}
	for m := start; m <= now; m++ {
		if now-m > 12*24*60 && now-m < 12*24*60+9*60 {
			continue // nobody measured
		}
		b.Heartbeats = append(b.Heartbeats, budget.Heartbeat{Instance: "w", Minute: m})
	}
	for _, a := range fleet {
		b.Sights = append(b.Sights, budget.Sight{Service: a.service, Instance: "w", Minute: start})
		for m := start; m <= now; m += 5 {
			if now-m > 12*24*60 && now-m < 12*24*60+9*60 {
				continue
			}
			share := a.usual
			if ago := now - m; ago > 3*24*60 && ago < 3*24*60+180 {
				share = a.outage
			}
			valid := float64(5*a.perMinute) * (1.2 + random.Float64())
			bad := uint64(valid*share/1000 + random.Float64())
			if a.usual == 0 {
				bad = 0
			}
			for sli, definition := range map[string]slo.Definition{slo.HTTPAvailability: "d1", slo.HTTPLatency: "d2"} {
				b.Increments = append(b.Increments, budget.Increment{
					Series: budget.SeriesID{Key: slo.Key{Service: a.service, SLI: sli}, Definition: definition},
					Minute: m, Counts: budget.Counts{Good: uint64(valid) - min(bad, uint64(valid)), Bad: bad},
				})
			}
		}
	}
	for _, a := range fleet {
		b.Attributions = append(b.Attributions, attributed(a, b.Increments)...)
	}
	ledger.Admit(b)
	ledger.Apply(b)
	ledger.SetExclusions(func(s slo.Service) []budget.Interval {
		if s.Name != "checkout" && s.Name != "payment-api" {
			return nil
		}
		return []budget.Interval{{From: now - 20*24*60, To: now - 19*24*60}}
	})
	return &assess.Assessor{
		Catalogue: func() *slo.Snapshot { return catalogue }, Ledger: func() *budget.Ledger { return ledger },
		Waits: playQueue().Recent, Thresholds: policy.DefaultThresholds(), StaleAfter: 3 * time.Minute, Clock: func() time.Time { return noon },
		Standings: policy.NewStandings([]policy.Standing{
			{Service: fleet[0].service, State: policy.Freeze, Since: noon.Add(-3*24*time.Hour + 41*time.Minute)},
			{Service: slo.Service{Name: "cart", Environment: "staging"}, State: policy.Freeze, Since: noon.Add(-11 * 24 * time.Hour)},
		}),
	}
}

// attributed says what bad events of a service have in common, hour by hour: most are
// of two routes and of the newer version; of some the route is not known.
func attributed(a actor, all []budget.Increment) []budget.Attribution {
	var out []budget.Attribution
	for _, i := range all {
		if i.Series.Key.Service != a.service || i.Series.Key.SLI != slo.HTTPAvailability {
			continue
		}
		say := func(d slo.Dimension, name string, good, bad uint64) {
			out = append(out, budget.Attribution{Series: i.Series, Hour: i.Minute / 60 * 60, Part: slo.Part{Dimension: d, Name: name}, Counts: budget.Counts{Good: good, Bad: bad}})
		}
		bad, n := i.Counts.Bad, uint64(i.Minute)
		say(slo.Route, "POST /checkout/{cart}/payments/{payment}/confirmations", 0, bad/2)
		say(slo.Route, "GET /cart", 0, bad/4)
		say(slo.Route, fmt.Sprintf("GET /v1/catalogue/%d", n/5%31), 0, (bad+3)/8)
		say(slo.Version, []string{"2026.02.1", "2026.02.2+build.77ac01f"}[n/5%2], i.Counts.Good, bad)
		say(slo.ErrorType, []string{"503", "timeout", "500"}[n/5%3], 0, bad)
		say(slo.Dependency, "postgresql orders-db.internal:5432", 0, bad/3)
	}
	return out
}

// playQueue is some hours in which payment-api's callers waited.
func playQueue() *budget.Queues {
	queues := budget.NewQueues(func() time.Time { return noon })
	var w slo.Waits
	for i := range 1000 {
		w.Observe(time.Duration(i)*time.Millisecond, 300*time.Millisecond)
	}
	queues.Waited(prod("payment-api"), slo.MinuteOf(noon), w)
	return queues
}

// SPDX-License-Identifier: Apache-2.0

package replaybed

import (
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/rules"
	"github.com/sloe-dev/sloe/internal/slo"
)

var (
	service = slo.Service{Name: "payment-api"}
	start   = slo.MinuteOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
)

const (
	indicator = slo.HTTPAvailability
	listed    = "services: [{name: payment-api, tier: tier1}]"
)

// transition is a minute at which an alert began or ceased to fire.
type transition struct {
	minute int
	fires  bool
}

// diary notes transitions by alert.
type diary struct {
	firing map[string]bool
	seen   map[string][]transition
}

func newDiary() *diary { return &diary{firing: map[string]bool{}, seen: map[string][]transition{}} }

func (d *diary) note(minute int, firing []string) {
	for _, key := range firing {
		if !d.firing[key] {
			d.seen[key] = append(d.seen[key], transition{minute, true})
		}
		d.firing[key] = true
	}
	for key, fires := range d.firing {
		if fires && !slices.Contains(firing, key) {
			d.firing[key] = false
			d.seen[key] = append(d.seen[key], transition{minute, false})
		}
	}
}

// own is the engine of package alert over the same counts.
type own struct {
	ledger *budget.Ledger
	engine *alert.Engine
}

func newOwn(t *testing.T, catalogue *slo.Snapshot, profile burnrate.Profile) *own {
	t.Helper()
	o := &own{ledger: budget.NewLedger(func(slo.Service) time.Duration { return 30 * 24 * time.Hour })}
	o.engine = alert.NewEngine(alert.Settings{
		Catalogue: func() *slo.Snapshot { return catalogue }, Counts: func() alert.Counter { return o.ledger },
		StaleAfter: 3 * time.Minute, Pairs: func(time.Duration) []burnrate.Pair { return profile.Pairs },
	}, start.Time())
	return o
}

func (o *own) close(m int, counts budget.Counts) {
	minute := start + slo.Minute(m)
	o.ledger.Apply(&budget.Batch{
		Until:      (minute + 1).Time(),
		Sights:     []budget.Sight{{Service: service, Instance: "collector", Minute: start}},
		Heartbeats: []budget.Heartbeat{{Instance: "collector", Minute: minute}},
		Increments: []budget.Increment{{Series: budget.SeriesID{Key: slo.Key{Service: service, SLI: indicator}, Definition: "d"}, Minute: minute, Counts: counts}},
	})
}

func (o *own) firing() []string {
	var all []string
	for _, a := range o.engine.Alerts() {
		if a.State == alert.Firing {
			all = append(all, alertKey(a.Labels["long_window"]))
		}
	}
	slices.Sort(all)
	return all
}

func TestAMonthInPrometheusAndInOurEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("replays a month")
	}
	for _, tt := range []struct {
		profile string
		// everyMinute asks Prometheus's engine in each. If not, it is asked in those in
		// which it might think differently, and in one of an hour: three days of samples
		// take their time.
		everyMinute bool
		fires       []string
	}{
		{burnrate.Simple, true, []string{"1h", "6h"}},
		{burnrate.Google30d, false, []string{"1d", "1h", "3d", "6h"}},
	} {
		t.Run(tt.profile, func(t *testing.T) {
			catalogue, err := slo.ParseCatalogue("catalogue", []byte(listed))
			require.NoError(t, err)
			profile, err := burnrate.Named(tt.profile)
			require.NoError(t, err)
			theirs := newPrometheus(t, catalogue, rules.Options{Burn: tt.profile, Indicators: []string{indicator}})
			ours := newOwn(t, catalogue, profile)
			entry := catalogue.Lookup(service)
			foreseen := newOracle(profile.Pairs, entry.AppendObjectivesOf(nil, indicator)[0].Target)
			theirDiary, ourDiary := newDiary(), newDiary()
			theirs.scrape(start.Time())
			asked := 0
			for m := range month {
				counts := minute(m)
				if slices.Contains(restarts, m) {
					theirs.restart((start + slo.Minute(m)).Time().Add(time.Second))
				}
				theirs.totals["good"] += float64(counts.Good)
				theirs.totals["bad"] += float64(counts.Bad)
				ours.close(m, counts)
				now := start + slo.Minute(m+1)
				theirs.scrape(now.Time())
				ours.engine.Evaluate(now, nil)
				ourDiary.note(m+1, ours.firing())
				firing, certain := foreseen.at(m + 1)
				if !tt.everyMinute && certain {
					// Nothing can change here for theirs, and nothing does for ours.
					require.Equal(t, firing, ours.firing(), "minute %d", m+1)
				}
				if tt.everyMinute || !certain || (m+1)%hour == 0 || !slices.Equal(firing, theirs.firing()) {
					asked++
					theirs.evaluate(now.Time(), time.Minute)
					theirDiary.note(m+1, theirs.firing())
					if !tt.everyMinute && certain {
						require.Equal(t, firing, theirs.firing(), "minute %d is certain", m+1)
					}
				}
				if m+1 >= 30*day && (m+1)%(4*hour) == 0 {
					sameBudget(t, theirs, ours, now)
				}
			}
			t.Logf("Prometheus's engine was asked in %d of %d minutes", asked, month)
			sameTransitions(t, ourDiary, theirDiary)
			for _, key := range tt.fires {
				assert.NotEmpty(t, ourDiary.seen[key], "%s never fired: the month does not test it", key)
			}
		})
	}
}

// sameTransitions holds every beginning and end of an alert against the other
// engine's, to one evaluation: a minute.
func sameTransitions(t *testing.T, ours, theirs *diary) {
	t.Helper()
	t.Log("ours  ", ours.seen)
	t.Log("theirs", theirs.seen)
	assert.Len(t, theirs.seen, len(ours.seen))
	for key, own := range ours.seen {
		other := theirs.seen[key]
		if !assert.Len(t, other, len(own), key) {
			continue
		}
		for i := range own {
			assert.Equal(t, own[i].fires, other[i].fires, "%s %d", key, i)
			assert.InDelta(t, own[i].minute, other[i].minute, 1, "%s: transition %d", key, i)
		}
	}
}

// sameBudget compares what is left: exactly, from the raw counters, and as the
// recorded series has it, which sees a scrape interval less than the window.
func sameBudget(t *testing.T, theirs *prometheus, ours *own, now slo.Minute) {
	t.Helper()
	view := ours.ledger.View(service, now.Time(), 3*time.Minute)
	require.Len(t, view.Indicators, 1)
	counts := view.Indicators[0].Counts
	good, bad := theirs.counted("good", now.Time()), theirs.counted("bad", now.Time())
	assert.Equal(t, [2]uint64{counts.Good, counts.Bad}, [2]uint64{good, bad}, "at %s", now.Time())
	left, other := remaining(counts.Good, counts.Bad), remaining(good, bad)
	assert.Zero(t, left.Cmp(other), "%s and %s", left, other)

	theirs.evaluate(now.Time(), 5*time.Minute)
	recorded := theirs.value(`sli:http_availability:budget_remaining{service_name="payment-api"}`, now.Time())
	exact, _ := left.Float64()
	assert.InDelta(t, exact, recorded, 0.001)
}

// remaining is 1 - (bad / valid) / (1 - 0.9995), exactly.
func remaining(good, bad uint64) *big.Rat {
	spent := new(big.Rat).SetFrac(new(big.Int).SetUint64(bad), new(big.Int).SetUint64(good+bad))
	return spent.Sub(big.NewRat(1, 1), spent.Mul(spent, big.NewRat(2000, 1)))
}

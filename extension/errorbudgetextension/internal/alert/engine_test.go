// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	shop  = slo.Service{Name: "shop"}
	start = slo.MinuteOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
)

// desk is an engine over counts that a test applies minute by minute.
type desk struct {
	t        *testing.T
	set      Settings
	engine   *Engine
	ledger   *budget.Ledger
	now      slo.Minute
	happened []string // minutes after start, alert and state
	left     map[string]bool
}

func newDesk(t *testing.T, catalogue, profile string) *desk {
	t.Helper()
	snapshot, err := slo.ParseCatalogue("catalogue", []byte(catalogue))
	require.NoError(t, err)
	p, err := burnrate.Named(profile)
	require.NoError(t, err)
	d := &desk{t: t, now: start, left: map[string]bool{}}
	d.ledger = budget.NewLedger(func(s slo.Service) time.Duration { return snapshot.Lookup(s).Window })
	d.set = Settings{
		Catalogue: func() *slo.Snapshot { return snapshot }, Counts: func() Counter { return d.ledger }, StaleAfter: 3 * time.Minute,
		Pairs:       func(time.Duration) []burnrate.Pair { return p.Pairs },
		Unreachable: func(s slo.Service, o string, p burnrate.Pair) { d.left[o+" "+WindowName(p.Long)] = true },
	}
	d.engine = NewEngine(d.set, start.Time())
	return d
}

// minutes closes n minutes with counts in each, evaluating after each.
func (d *desk) minutes(n int, sli string, good, bad uint64) {
	for range n {
		d.close(sli, good, bad, true)
		for _, a := range d.engine.Evaluate(d.now, nil) {
			name := a.ID.Name
			if w := a.Labels["long_window"]; w != "" {
				name = w
			}
			d.happened = append(d.happened, fmt.Sprintf("%d %s %s", d.now-start, name, a.State))
		}
	}
}

// past closes n minutes that nobody evaluates.
func (d *desk) past(n int, sli string, good, bad uint64) {
	for range n {
		d.close(sli, good, bad, true)
	}
}

func (d *desk) close(sli string, good, bad uint64, measured bool) {
	b := &budget.Batch{Until: (d.now + 1).Time(), Sights: []budget.Sight{{Service: shop, Instance: "w", Minute: start}}}
	if good+bad > 0 {
		b.Increments = []budget.Increment{{Series: budget.SeriesID{Key: slo.Key{Service: shop, SLI: sli}, Definition: "d"}, Minute: d.now, Counts: budget.Counts{Good: good, Bad: bad}}}
	}
	if measured {
		b.Heartbeats = []budget.Heartbeat{{Instance: "w", Minute: d.now}}
	}
	d.ledger.Apply(b)
	d.now++
}

const tier2 = "services: [{name: shop, tier: tier2, team: retail}]" // 99.9 %

// 15 % errors for 600 s after a clean hour: on whole minutes the pair of 14.4
// fires at 360 s and clears at 900 s.
func TestTenBadMinutes(t *testing.T) {
	d := newDesk(t, tier2, burnrate.Google30d)
	d.minutes(60, slo.HTTPAvailability, 1000, 0)
	start += 60
	defer func() { start -= 60 }()
	d.minutes(10, slo.HTTPAvailability, 850, 150)
	d.minutes(20, slo.HTTPAvailability, 1000, 0)
	var page []string
	for _, h := range d.happened {
		if h[len(h)-len("1h firing"):] == "1h firing" || h[len(h)-len("1h resolved"):] == "1h resolved" {
			page = append(page, h)
		}
	}
	assert.Equal(t, []string{"6 1h firing", "15 1h resolved"}, page, "360 s and 900 s")
}

// A full outage after clean days: whole minutes 60, 180, 300 and 300 s.
func TestFullOutage(t *testing.T) {
	d := newDesk(t, tier2, burnrate.Google30d)
	d.minutes(3*24*60, slo.HTTPAvailability, 1000, 0)
	start += 3 * 24 * 60
	defer func() { start -= 3 * 24 * 60 }()
	d.minutes(6, slo.HTTPAvailability, 0, 1000)
	assert.Equal(t, []string{"1 1h firing", "3 6h firing", "5 1d firing", "5 3d firing"}, d.happened)
	objective, burns := d.engine.FastBurn(shop)
	assert.True(t, burns)
	assert.Equal(t, slo.HTTPAvailability, objective)
	_, burns = d.engine.FastBurn(slo.Service{Name: "other"})
	assert.False(t, burns)
}

// The profile simple waits for a minute and for five before it fires.
func TestForDurations(t *testing.T) {
	d := newDesk(t, tier2, burnrate.Simple)
	d.minutes(360, slo.HTTPAvailability, 1000, 0)
	start += 360
	defer func() { start -= 360 }()
	d.minutes(8, slo.HTTPAvailability, 0, 1000)
	assert.Equal(t, []string{"1 1h pending", "2 1h firing", "3 6h pending", "8 6h firing"}, d.happened)

	again := NewEngine(d.set, d.now.Time())
	again.CatchUp(d.now)
	again.Evaluate(d.now, nil)
	var states []State
	for _, a := range again.Alerts() {
		states = append(states, a.State)
	}
	assert.Equal(t, []State{Firing, Firing}, states, "a restart finds them again")

	d.minutes(1, slo.HTTPAvailability, 1000, 0)
	a := d.engine.Alerts()
	require.Len(t, a, 2)
	assert.Equal(t, map[string]string{
		"alertname": "SLO_shop_BurnRate_Critical", "service": "shop", "slo": "http_availability", "severity": "critical", "burn_rate": "14",
		"long_window": "1h", "short_window": "5m", "tier": "tier2", "team": "retail",
	}, a[0].Labels)
	assert.Equal(t, "shop burns the error budget of http_availability more than 14 times as fast as it lasts (over 1h and 5m).", a[0].Annotations["summary"])
	assert.Equal(t, "8000 of 60000 events were bad within 1h. The objective is 0.999. The error budget is spent.", a[0].Annotations["description"])
}

func TestPendingThatEndsNeverFires(t *testing.T) {
	d := newDesk(t, tier2, burnrate.Simple)
	d.minutes(300, slo.HTTPAvailability, 1000, 0)
	d.minutes(1, slo.HTTPAvailability, 140, 860)
	d.minutes(5, slo.HTTPAvailability, 1_000_000, 0)
	assert.Equal(t, []string{"301 1h pending"}, d.happened)
	assert.Empty(t, d.engine.Alerts())
}

// One failure of ten requests an hour is a 100-fold burn.
func TestQuietServices(t *testing.T) {
	for minBad, want := range map[uint64]int{0: 1, 1: 1, 2: 0} {
		d := newDesk(t, tier2, burnrate.Google30d)
		d.set.MinBad = minBad
		d.engine = NewEngine(d.set, start.Time())
		d.minutes(1, slo.HTTPAvailability, 9, 1)
		fired := 0
		for _, h := range d.happened {
			if h == "1 1h firing" {
				fired++
			}
		}
		assert.Equal(t, want, fired, "at least %d bad events", minBad)
	}
}

// Of time slices the minutes burn, and the annotations say so.
func TestTimeSlices(t *testing.T) {
	d := newDesk(t, "services: [{name: shop, slos: [{name: minutes, indicator: http_availability, target: 0.99, slice_target: 0.9}]}]", burnrate.Google30d)
	d.past(7*24*60, slo.HTTPAvailability, 1000, 0)
	start += 7 * 24 * 60
	defer func() { start -= 7 * 24 * 60 }()
	d.minutes(60, slo.HTTPAvailability, 899, 101)
	assert.Equal(t, []string{"9 1h firing", "22 6h firing", "44 1d firing", "44 3d firing"}, d.happened)
	a := d.engine.Alerts()[0]
	assert.Equal(t, "minutes", a.Labels["slo"])
	// 60 of 10,140 minutes were bad, and 101.4 may be: 41.4 are left, and with each
	// bad minute one of them goes and a hundredth of one comes.
	assert.Equal(t, "60 of 60 minutes with events were bad within 1h. The objective is 0.99. At this rate the rest of the error budget is spent in 41m.", a.Annotations["description"])
	objective, burns := d.engine.FastBurn(shop)
	assert.True(t, burns)
	assert.Equal(t, "minutes", objective)
}

// The forecast is that of the objective's own window, not of the service's.
func TestForecastOfTheOwnWindow(t *testing.T) {
	d := newDesk(t, "services: [{name: shop, slos: [{name: week, indicator: http_availability, target: 0.999, window: 7d}]}]", burnrate.Google30d)
	d.past(7*24*60, slo.HTTPAvailability, 0, 1000) // of the week before
	d.past(7*24*60-6*60, slo.HTTPAvailability, 1000, 0)
	d.past(6*60-1, slo.HTTPAvailability, 990, 10)
	d.minutes(1, slo.HTTPAvailability, 990, 10)
	assert.Equal(t, "3600 of 360000 events were bad within 6h. The objective is 0.999. At this rate the rest of the error budget is spent in 10h48m.",
		d.engine.Alerts()[0].Annotations["description"])
}

// At 90 % the largest burn is 10: the pair of 14.4 is left out and named.
func TestUnreachablePairs(t *testing.T) {
	d := newDesk(t, "services: [{name: shop, tier: tier3}]", burnrate.Google30d)
	d.minutes(1, slo.HTTPLatency, 0, 1000)
	assert.Equal(t, map[string]bool{"http_latency 1h": true}, d.left)
	assert.Equal(t, []string{"1 6h firing", "1 1d firing", "1 3d firing"}, d.happened)
}

// Blind is not well: a firing alert stays until the long window is over.
func TestUnmeasuredResolvesNothing(t *testing.T) {
	d := newDesk(t, tier2, burnrate.Google30d)
	d.minutes(1, slo.HTTPAvailability, 0, 1000)
	require.Contains(t, d.happened, "1 1h firing")
	d.happened = nil
	for range 70 {
		d.close("", 0, 0, false)
		for _, a := range d.engine.Evaluate(d.now, nil) {
			if a.Labels["long_window"] == "1h" {
				d.happened = append(d.happened, fmt.Sprintf("%d %s", d.now-start, a.State))
			}
		}
	}
	// The short window of 5 minutes holds until minute 5; an hour later it is over.
	assert.Equal(t, []string{"65 resolved"}, d.happened)
}

func TestResolvedIsRememberedForAWhile(t *testing.T) {
	d := newDesk(t, tier2, burnrate.Google30d)
	d.minutes(1, slo.HTTPAvailability, 0, 100)
	d.minutes(6, slo.HTTPAvailability, 1_000_000, 0)
	states := map[State]int{}
	for _, a := range d.engine.Alerts() {
		states[a.State]++
	}
	assert.Equal(t, 4, states[Resolved], states)
	d.minutes(20, slo.HTTPAvailability, 1_000_000, 0)
	assert.Empty(t, d.engine.Alerts())
}

func TestUnresponsive(t *testing.T) {
	d := newDesk(t, "services: [{name: shop}, {name: absent}]", burnrate.Simple)
	d.set.UnresponsiveAfter = 30 * time.Minute
	d.set.Runbook = "https://runbooks.example/{service}"
	d.engine = NewEngine(d.set, start.Time())
	d.minutes(10, slo.HTTPAvailability, 10, 0)
	d.minutes(35, slo.HTTPAvailability, 0, 0)
	d.minutes(1, slo.HTTPAvailability, 10, 0)
	assert.Equal(t, []string{
		"30 SLO_absent_Unresponsive firing", "40 SLO_shop_Unresponsive firing", "46 SLO_shop_Unresponsive resolved",
	}, d.happened)
	assert.Equal(t, "https://runbooks.example/absent", d.engine.Alerts()[0].Annotations["runbook"])
	assert.Equal(t, "absent is unresponsive: no request was seen for 30m.", d.engine.Alerts()[0].Annotations["summary"])
}

func TestHeartbeatAlwaysFires(t *testing.T) {
	d := newDesk(t, "", burnrate.Simple)
	d.set.Heartbeat, d.set.Labels = true, map[string]string{"cluster": "eu"}
	d.engine = NewEngine(d.set, start.Time())
	require.Len(t, d.engine.Evaluate(start, nil), 1)
	assert.Empty(t, d.engine.Evaluate(start+1, nil), "it is the same one")
	a := d.engine.Alerts()
	require.Len(t, a, 1)
	assert.Equal(t, Firing, a[0].State)
	assert.Equal(t, map[string]string{"alertname": "SloeHeartbeat", "severity": "none", "cluster": "eu"}, a[0].Labels)
}

func TestWindowName(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0m", 5 * time.Minute: "5m", 90 * time.Minute: "1h30m", time.Hour: "1h", 6 * time.Hour: "6h", 24 * time.Hour: "1d", 72 * time.Hour: "3d", 26*time.Hour + time.Minute: "1d2h",
	} {
		assert.Equal(t, want, WindowName(d))
	}
	assert.Len(t, States(), 3)
}

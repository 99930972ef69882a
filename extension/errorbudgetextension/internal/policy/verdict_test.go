// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func availability(good, bad uint64) SLO {
	return SLO{
		Name:  slo.HTTPAvailability,
		Spend: budget.Spend{Good: good, Bad: bad, Objective: slo.MustRatio("0.9995")},
		BadFallsTo: func(limit uint64) slo.Minute {
			if bad <= limit {
				return 0
			}
			return 100
		},
	}
}

func tier1() slo.Entry { return slo.Entry{Listed: true, Tier: "tier1"} }

func codes(v Verdict) []Code {
	out := []Code{}
	for _, r := range v.Reasons {
		out = append(out, r.Code)
	}
	return out
}

func TestWorkedCases(t *testing.T) {
	for _, tt := range []struct {
		bad   uint64
		want  State
		code  Code
		value float64
		limit float64
	}{
		{2_500, Normal, BudgetOK, 0.5, 0.5},
		{2_501, Canary, BudgetBelowNormal, 0.4998, 0.5},
		{4_000, Canary, BudgetBelowNormal, 0.2, 0.5},
		{4_001, Freeze, BudgetBelowCanary, 0.1998, 0.2},
		{6_000, Freeze, BudgetBelowCanary, -0.2, 0.2},
	} {
		v := DefaultThresholds().Judge(Input{
			Entry: tier1(), Seen: true, Activity: budget.Active, SLOs: []SLO{availability(10_000_000-tt.bad, tt.bad)},
		})
		assert.Equal(t, tt.want, v.State, "%d bad", tt.bad)
		assert.Equal(t, []Reason{{Code: tt.code, SLO: slo.HTTPAvailability, Value: tt.value, Limit: tt.limit}}, v.Reasons)
	}
}

func TestStrategy(t *testing.T) {
	thresholds := DefaultThresholds()
	for _, tt := range []struct {
		state State
		allow bool
		want  Strategy
	}{
		{Normal, true, Strategy{"full", 100}},
		{Canary, true, Strategy{"canary", 10}},
		{Freeze, false, Strategy{"none", 0}},
		{Unknown, false, Strategy{"none", 0}},
		{Unknown, true, Strategy{"full", 100}},
	} {
		assert.Equal(t, tt.want, thresholds.strategy(tt.state, tt.allow), tt.state)
	}
}

func TestJudge(t *testing.T) {
	fine, canary, frozen, none := availability(10_000_000, 0), availability(9_997_000, 3_000), availability(9_994_000, 6_000), availability(0, 0)
	missed, unseen := fine, none
	missed.Certainty, unseen.Certainty = budget.Certainty{Judged: 9, Known: 10}, budget.Certainty{Known: 3}
	limited := func(limit string) slo.Entry {
		p := slo.DefaultPolicy()
		p.CoverageLimit = slo.MustRatio(limit)
		return slo.Entry{Policy: p}
	}
	for _, tt := range []struct {
		name  string
		in    Input
		want  State
		codes []Code
	}{
		{"events came, and none could be judged", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{unseen}}, Unknown, []Code{EventsUnmeasured}},
		{"none of one objective", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{fine, unseen}}, Unknown, []Code{BudgetOK, EventsUnmeasured}},
		{"freeze is freeze", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{frozen, unseen}}, Freeze, []Code{BudgetBelowCanary, EventsUnmeasured}},
		{"some were missed", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{missed}}, Normal, []Code{BudgetOK}},
		{"as many as the policy allows", Input{Entry: limited("0.72"), Coverage: budget.Coverage{Measured: 8, Elapsed: 10}, Seen: true, Activity: budget.Active, SLOs: []SLO{missed}},
			Normal, []Code{BudgetOK}},
		{"more than that", Input{Entry: limited("0.721"), Coverage: budget.Coverage{Measured: 8, Elapsed: 10}, Seen: true, Activity: budget.Active, SLOs: []SLO{fine, missed}},
			Unknown, []Code{BudgetOK, BudgetOK, LowCoverage}},
		{"all is well", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{fine}}, Normal, []Code{BudgetOK}},
		{"the worst objective decides", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{fine, frozen, canary}}, Freeze,
			[]Code{BudgetOK, BudgetBelowCanary, BudgetBelowNormal}},
		{"idle and measured", Input{Seen: true, Activity: budget.Idle, SLOs: []SLO{none}}, Normal, []Code{IdleService}},
		{"quiet now, with events in the window", Input{Seen: true, Activity: budget.Idle, SLOs: []SLO{fine}}, Normal, []Code{BudgetOK}},
		{"never seen", Input{}, Unknown, []Code{NeverSeen}},
		{"not measured", Input{Seen: true, Activity: budget.Unmeasured, SLOs: []SLO{fine}}, Unknown, []Code{BudgetOK, NotMeasured}},
		{"an alert of a fast burn fires", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{fine}, FastBurn: "http_latency"}, Canary,
			[]Code{BudgetOK, FastBurn}},
		{"it changes nothing for the better", Input{Seen: true, Activity: budget.Active, SLOs: []SLO{frozen}, FastBurn: "http_latency"}, Freeze,
			[]Code{BudgetBelowCanary}},
		{"down", Input{Seen: true, Activity: budget.Down, Open: 7, SLOs: []SLO{fine}}, Unknown, []Code{BudgetOK, ServiceDown}},
		{"down and frozen", Input{Seen: true, Activity: budget.Down, Open: 7, SLOs: []SLO{frozen}}, Freeze, []Code{BudgetBelowCanary, ServiceDown}},
		{"the name fits two", Input{Candidates: []slo.Service{{Name: "a"}, {Name: "a", Namespace: "x"}}}, Unknown, []Code{Ambiguous}},
		{"too few events", Input{Entry: slo.Entry{MinEvents: 10_000_001}, Seen: true, Activity: budget.Active, SLOs: []SLO{frozen}}, Unknown,
			[]Code{BelowMinEvents}},
		{"just enough events", Input{Entry: slo.Entry{MinEvents: 10_000_000}, Seen: true, Activity: budget.Active, SLOs: []SLO{frozen}}, Freeze,
			[]Code{BudgetBelowCanary}},
		{"too few of one objective", Input{Entry: slo.Entry{MinEvents: 1}, Seen: true, Activity: budget.Active, SLOs: []SLO{none, canary}}, Canary,
			[]Code{BelowMinEvents, BudgetBelowNormal}},
		{"events are asked for, and there is no objective", Input{Entry: slo.Entry{MinEvents: 1}, Seen: true, Activity: budget.Idle}, Unknown,
			[]Code{BelowMinEvents}},
	} {
		for _, open := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				in := tt.in
				in.Entry.Listed, in.Entry.OnUnknownOpen = true, open
				for i := range in.SLOs {
					in.SLOs[i].MinEvents = in.Entry.MinEvents
				}
				v := DefaultThresholds().Judge(in)
				assert.Equal(t, tt.want, v.State)
				assert.Equal(t, tt.codes, codes(v))
				allow := tt.want == Normal || tt.want == Canary || tt.want == Unknown && open
				assert.Equal(t, allow, v.Allow)
				assert.Equal(t, !allow, v.Strategy.Type == "none")
			})
		}
	}
}

func TestUnlistedSaysSo(t *testing.T) {
	v := DefaultThresholds().Judge(Input{Seen: true, Activity: budget.Active, SLOs: []SLO{availability(10, 0)}})
	assert.Equal(t, []Code{BudgetOK, DefaultTier}, codes(v))
	assert.Len(t, Codes(), 17)
	assert.Len(t, States(), 4)
}

// falling returns an objective whose bad events leave one a minute, from minute
// from on.
func falling(bad uint64, from slo.Minute) SLO {
	s := availability(10_000_000-bad, bad)
	s.BadFallsTo = func(limit uint64) slo.Minute {
		if bad <= limit {
			return 0
		}
		return from + slo.Minute(bad-limit)
	}
	return s
}

func TestNextState(t *testing.T) {
	for _, tt := range []struct {
		name string
		slos []SLO
		want *Next
	}{
		{"normal", []SLO{falling(2_500, 0)}, nil},
		{"canary becomes normal", []SLO{falling(2_600, 1000)}, &Next{Normal, slo.Minute(1100).Time()}},
		{"freeze becomes canary first", []SLO{falling(4_010, 1000)}, &Next{Canary, slo.Minute(1010).Time()}},
		{"the last of two frozen ones decides", []SLO{falling(4_010, 1000), falling(4_020, 2000)}, &Next{Canary, slo.Minute(2020).Time()}},
		{"by then the other one may be normal again", []SLO{falling(4_001, 0), falling(2_501, 0)}, &Next{Canary, slo.Minute(1).Time()}},
		{"one minute that holds all", []SLO{availability(9_994_000, 6_000)}, &Next{Normal, slo.Minute(100).Time()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := DefaultThresholds().Judge(Input{Entry: tier1(), Seen: true, Activity: budget.Active, SLOs: tt.slos})
			assert.Equal(t, tt.want, v.Next)
		})
	}
	v := DefaultThresholds().Judge(Input{Entry: tier1(), Seen: true, Activity: budget.Unmeasured, SLOs: []SLO{falling(6_000, 0)}})
	require.Equal(t, Unknown, v.State)
	assert.Nil(t, v.Next, "while nothing is known nothing can be computed")
}

// The whole way from minutes to the verdict, at the boundary's exact instant.
func TestNextStateFromMinutes(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	ledger := budget.NewLedger(func(slo.Service) time.Duration { return 7 * 24 * time.Hour })
	key := slo.Key{Service: slo.Service{Name: "shop"}, SLI: slo.HTTPAvailability}
	series := budget.SeriesID{Key: key, Definition: "d"}
	first := slo.MinuteOf(now)
	ledger.Apply(&budget.Batch{Until: now, Increments: []budget.Increment{
		{Series: series, Minute: first - 60, Counts: budget.Counts{Good: 4_000_000, Bad: 1_500}},
		{Series: series, Minute: first, Counts: budget.Counts{Good: 5_996_000, Bad: 2_500}},
	}})
	i := ledger.View(key.Service, now, time.Minute).Indicators[0]
	in := Input{Entry: tier1(), Seen: true, Activity: budget.Active, SLOs: []SLO{{
		Name: i.SLI, Spend: budget.Spend{Good: i.Counts.Good, Bad: i.Counts.Bad, Objective: slo.MustRatio("0.9995")}, BadFallsTo: i.BadFallsTo,
	}}}
	v := DefaultThresholds().Judge(in)
	require.Equal(t, Canary, v.State)
	require.Equal(t, &Next{Normal, now.Add(7*24*time.Hour - 59*time.Minute)}, v.Next)
	before := ledger.View(key.Service, v.Next.Earliest.Add(-time.Second), time.Minute).Indicators[0].Counts
	after := ledger.View(key.Service, v.Next.Earliest, time.Minute).Indicators[0].Counts
	assert.EqualValues(t, 4_000, before.Bad)
	assert.EqualValues(t, 2_500, after.Bad)
}

// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

func with(change func(*slo.Policy)) slo.Entry {
	e := tier1()
	e.Policy = slo.DefaultPolicy()
	change(&e.Policy)
	return e
}

func TestBoundariesOfAPolicy(t *testing.T) {
	entry := with(func(p *slo.Policy) {
		p.NormalAt, p.CanaryAt, p.CanaryWeight = slo.MustRatio("0.8"), slo.MustRatio("0.1"), 25
	})
	for bad, want := range map[uint64]State{1_000: Normal, 1_001: Canary, 4_500: Canary, 4_501: Freeze} {
		v := DefaultThresholds().Judge(Input{Entry: entry, Seen: true, Activity: budget.Active, SLOs: []SLO{availability(10_000_000-bad, bad)}})
		assert.Equal(t, want, v.State, bad)
		if want == Canary {
			assert.Equal(t, Strategy{"canary", 25}, v.Strategy)
		}
	}
}

func TestCoverageLimit(t *testing.T) {
	entry := with(func(p *slo.Policy) { p.CoverageLimit = slo.MustRatio("0.9") })
	fine, frozen := availability(10_000_000, 0), availability(9_994_000, 6_000)
	for _, tt := range []struct {
		name     string
		slo      SLO
		measured uint64
		want     State
	}{
		{"just enough", fine, 900, Normal},
		{"a minute too few", fine, 899, Unknown},
		{"what is known to be spent stays spent", frozen, 1, Freeze},
	} {
		v := DefaultThresholds().Judge(Input{Entry: entry, Seen: true, Activity: budget.Active, SLOs: []SLO{tt.slo}, Coverage: budget.Coverage{Measured: tt.measured, Elapsed: 1000}})
		assert.Equal(t, tt.want, v.State, tt.name)
		if tt.want == Unknown {
			assert.Equal(t, Reason{Code: LowCoverage, Value: 0.899, Limit: 0.9}, v.Reasons[1])
			assert.False(t, v.Allow)
		}
	}
}

func TestKindsOfChange(t *testing.T) {
	entry := with(func(p *slo.Policy) { p.PassFreeze = []string{slo.ChangeSecurity} })
	frozen, canary := availability(9_994_000, 6_000), availability(9_997_000, 3_000)
	for _, tt := range []struct {
		change string
		slo    SLO
		want   Strategy
	}{
		{slo.ChangeSecurity, frozen, Strategy{"canary", 10}},
		{slo.ChangeFix, frozen, Strategy{Type: "none"}},
		{slo.ChangeFeature, frozen, Strategy{Type: "none"}},
		{"", frozen, Strategy{Type: "none"}},
		{slo.ChangeSecurity, canary, Strategy{"canary", 10}},
	} {
		v := DefaultThresholds().Judge(Input{Entry: entry, Seen: true, Activity: budget.Active, SLOs: []SLO{tt.slo}, Change: tt.change})
		assert.Equal(t, tt.want, v.Strategy, tt.change)
		assert.Equal(t, tt.want.Type != "none", v.Allow)
	}
}

func TestShadow(t *testing.T) {
	entry := with(func(p *slo.Policy) { p.Shadow = true })
	for _, tt := range []struct {
		slo   SLO
		state State
		codes []Code
	}{
		{availability(10_000_000, 0), Normal, []Code{BudgetOK}},
		{availability(9_997_000, 3_000), Canary, []Code{BudgetBelowNormal, Shadow}},
		{availability(9_994_000, 6_000), Freeze, []Code{BudgetBelowCanary, Shadow}},
	} {
		v := DefaultThresholds().Judge(Input{Entry: entry, Seen: true, Activity: budget.Active, SLOs: []SLO{tt.slo}})
		assert.Equal(t, tt.state, v.State)
		assert.Equal(t, tt.codes, codes(v))
		assert.True(t, v.Allow)
		assert.Equal(t, Strategy{"full", 100}, v.Strategy)
	}
}

// A state gets worse at once, and better only after the budget was better by the
// hysteresis for as long as the dwell.
func TestRecoversSlowly(t *testing.T) {
	entry := with(func(p *slo.Policy) { p.Dwell, p.Hysteresis = 30*time.Minute, slo.MustRatio("0.05") })
	m := NewMemory(nil)
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	// Of 10,000,000 events 5,000 may be bad: 50 % are 2,500, and 55 % are 2,250.
	judge := func(minute int, bad uint64, activity budget.Activity) State {
		now := start.Add(time.Duration(minute) * time.Minute)
		in := Input{Entry: entry, Seen: true, Activity: activity, SLOs: []SLO{availability(10_000_000-bad, bad)}}
		in.Hold = func(plain, strict State) (State, time.Duration) {
			return m.Hold(slo.Service{Name: "shop"}, entry.Policy, plain, strict, now)
		}
		v := DefaultThresholds().Judge(in)
		assert.Nil(t, nextOfHeld(v), "nothing that is held has a time of its own")
		return v.State
	}
	for _, step := range []struct {
		minute int
		bad    uint64
		want   State
		why    string
	}{
		{0, 2_500, Normal, "at the limit"},
		{1, 2_501, Canary, "worse at once"},
		{2, 2_500, Canary, "the limit is passed, not by the hysteresis"},
		{10, 2_250, Canary, "by the hysteresis; the dwell begins"},
		{39, 2_250, Canary, "not for long enough"},
		{40, 2_250, Normal, "for 30 minutes"},
		{41, 4_001, Freeze, "worse by two at once"},
		{50, 2_600, Freeze, "CANARY is permitted"},
		{60, 2_000, Freeze, "and NORMAL"},
		{79, 2_000, Freeze, ""},
		{80, 2_000, Normal, "the dwell counts from the first better state"},
		{90, 4_001, Freeze, ""},
		{100, 2_000, Freeze, "the dwell begins"},
		{110, 4_001, Freeze, "and ends"},
		{120, 2_000, Freeze, "and begins again"},
		{149, 2_000, Freeze, ""},
		{150, 2_000, Normal, ""},
	} {
		assert.Equal(t, step.want, judge(step.minute, step.bad, budget.Active), "minute %d: %s", step.minute, step.why)
	}

	judge(160, 4_001, budget.Active)
	judge(170, 2_000, budget.Active)
	assert.Equal(t, Unknown, judge(180, 2_000, budget.Unmeasured))
	assert.Equal(t, Freeze, judge(200, 2_000, budget.Active), "nobody knows whether it was better meanwhile")

	kept, changed := m.Changes()
	assert.True(t, changed)
	_, changed = m.Changes()
	assert.False(t, changed)
	m = NewMemory(kept)
	assert.Equal(t, Freeze, judge(229, 2_000, budget.Active), "a restart keeps what is held")
	assert.Equal(t, Normal, judge(230, 2_000, budget.Active))

	entry.Policy.Dwell, entry.Policy.Hysteresis = 0, slo.MustRatio("0")
	judge(240, 4_001, budget.Active)
	assert.Equal(t, Normal, judge(241, 2_500, budget.Active), "0 is the plain table")
	kept, _ = m.Changes()
	assert.Empty(t, kept)
}

// nextOfHeld returns a next state that no objective is the cause of.
func nextOfHeld(v Verdict) *Next {
	for _, s := range v.States {
		if s == v.State {
			return nil
		}
	}
	return v.Next
}

func TestSum(t *testing.T) {
	assert.Equal(t, slo.MustRatio("0.55"), sum(slo.MustRatio("0.5"), slo.MustRatio("0.05")))
	assert.Equal(t, slo.MustRatio("0.55"), sum(slo.MustRatio("0.05"), slo.MustRatio("0.5")))
	assert.Equal(t, slo.Ratio{Num: 10, Den: 10}, sum(slo.MustRatio("0.9"), slo.MustRatio("0.9")))
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// plainly counts a span minute by minute.
func (a *memoryArchive) plainly(from, to slo.Minute, slice slo.Ratio, out func(slo.Minute) bool) (counted, excluded Counts) {
	for minute, c := range a.counts[shopOK] {
		if minute < from || minute >= to {
			continue
		}
		if slice.Num > 0 {
			c = sliceOf(c, slice)
		}
		if out(minute) {
			excluded.add(c)
		} else {
			counted.add(c)
		}
	}
	return counted, excluded
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

// Events and judged minutes, over rolling and calendar windows across both
// changes of clocks, with exclusions that come and go: each equals the plain sum,
// whatever the order and the lateness of counts.
func TestTallies(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	d := newArchived()
	day := 24 * time.Hour
	windows := []slo.Window{
		slo.RollingWindow(7 * day), slo.RollingWindow(30 * day),
		{Calendar: slo.Week, Zone: berlin(t)}, {Calendar: slo.Month, Zone: berlin(t)}, {Calendar: slo.Month}, {Calendar: slo.Quarter, Zone: berlin(t)},
	}
	slices := []slo.Ratio{{}, slo.MustRatio("0.9"), slo.MustRatio("0.999")}
	var intervals []Interval
	out := func(minute slo.Minute) bool {
		for _, e := range intervals {
			if minute >= e.From && minute < e.To {
				return true
			}
		}
		return false
	}
	for step := range 12_000 {
		d.now = d.now.Add(time.Duration(r.IntN(60)) * time.Minute) // the better part of a year
		now := slo.MinuteOf(d.now)
		d.add(now-slo.Minute(r.IntN(maxLateness+1)), r.Uint64N(1000), r.Uint64N(3)*r.Uint64N(80))
		if r.IntN(3) == 0 {
			d.flush()
		}
		if r.IntN(1500) == 0 {
			intervals = nil
			for at := now - 40*24*60; at < now+24*60; at += slo.Minute(60 + r.IntN(8*24*60)) {
				intervals = append(intervals, Interval{From: at, To: at + slo.Minute(1+r.IntN(59))})
			}
			d.ledger.SetExclusions(func(slo.Service) []Interval { return intervals })
		}
		if r.IntN(150) > 0 {
			continue
		}
		d.flush()
		indicator := d.ledger.View(shop, d.now, time.Minute).Indicators[0]
		for _, window := range windows {
			for _, slice := range slices {
				got, ok := indicator.Tally(window, slice)
				require.True(t, ok)
				from, to := window.Bounds(d.now)
				counted, excluded := d.archive.plainly(from, to+1+maxSkew, slice, out)
				require.Equal(t, counted, got.Counts, "step %d, %s by %s", step, window, slice)
				require.Equal(t, excluded, got.Excluded, "step %d, %s by %s", step, window, slice)
			}
		}
	}
	assert.Zero(t, d.ledger.ArchiveFailures())
}

func TestSlicesFollowLateCounts(t *testing.T) {
	d := newDesk()
	tally := func() Counts {
		d.flush()
		got, ok := d.ledger.View(shop, d.now, time.Minute).Indicators[0].Tally(slo.RollingWindow(30*24*time.Hour), slo.MustRatio("0.99"))
		require.True(t, ok)
		return got.Counts
	}
	d.add(start, 99, 1)
	d.add(start+1, 0, 0)
	assert.Equal(t, Counts{Good: 1}, tally(), "a minute at its target is good, one without events is none")
	d.add(start, 0, 1)
	assert.Equal(t, Counts{Bad: 1}, tally(), "98 of 100 and one")
	d.add(start, 200, 0)
	assert.Equal(t, Counts{Good: 1}, tally(), "and good again by what came late")
	d.at(30*24*time.Hour + time.Minute)
	assert.Equal(t, Counts{}, tally())
}

// A minute whose verdict depends on events that nobody could judge is no good one.
func TestSlicesThatNobodyCanJudge(t *testing.T) {
	target := slo.MustRatio("0.9")
	for _, tt := range []struct {
		what                 string
		good, bad, uncertain uint64
		want                 Counts
	}{
		{"nothing came", 0, 0, 0, Counts{}},
		{"none could be judged", 0, 0, 5, Counts{Uncertain: 1}},
		{"good at the worst", 90, 4, 6, Counts{Good: 1}},
		{"good but for one", 89, 4, 7, Counts{Uncertain: 1}},
		{"bad but for one", 84, 11, 6, Counts{Bad: 1}},
		{"bad, or just at the target", 84, 10, 6, Counts{Uncertain: 1}},
	} {
		assert.Equal(t, tt.want, sliceOf(Counts{Good: tt.good, Bad: tt.bad, Uncertain: tt.uncertain}, target), tt.what)
	}

	d := newDesk()
	tally := func() Tally {
		d.flush()
		got, ok := d.ledger.View(shop, d.now, time.Minute).Indicators[0].Tally(slo.RollingWindow(30*24*time.Hour), target)
		require.True(t, ok)
		return got
	}
	d.pending.Uncertain(shopOK.Key, start, 10, shopOK.Definition, w1)
	assert.Equal(t, Counts{Uncertain: 1}, tally().Counts)
	assert.True(t, tally().Certainty().None())
	d.add(start, 100, 0)
	assert.Equal(t, Counts{Good: 1}, tally().Counts, "by what came late")
	d.add(start, 0, 90)
	assert.Equal(t, Counts{Bad: 1}, tally().Counts)
	assert.Equal(t, Certainty{Judged: 1, Known: 1}, tally().Certainty())
	d.at(30*24*time.Hour + time.Minute)
	assert.Equal(t, Counts{}, tally().Counts)
}

func TestExclusionsComeAndGo(t *testing.T) {
	d := newArchived()
	for m := range slo.Minute(600) {
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 10, 1)
		d.flush()
	}
	view := func() Indicator { return d.ledger.View(shop, d.now, time.Minute).Indicators[0] }
	last := view().BadFallsTo(0)
	d.ledger.SetExclusions(func(slo.Service) []Interval {
		return []Interval{{start + 30, start + 60}, {start + 540, start + 700}}
	})
	assert.Equal(t, Counts{Good: 5100, Bad: 510}, view().Counts)
	assert.Equal(t, Counts{Good: 900, Bad: 90}, view().Excluded, "nothing is deleted")
	assert.Equal(t, start+539+window30d+1, view().BadFallsTo(0), "the excluded ones need not leave")
	assert.Equal(t, start+60+window30d+1, view().BadFallsTo(510-31))
	into := make([]Counts, 1)
	d.ledger.Closed(shop, slo.HTTPAvailability, slo.MinuteOf(d.now), []time.Duration{time.Hour}, into)
	assert.Equal(t, Counts{Good: 10, Bad: 1}, into[0], "alerts sleep through maintenance")

	again := d.ledger.Restore(d.now) // a rebuilt ledger knows them too
	fresh := NewLedger(month)
	again.ledger = fresh
	again.Inherit(d.ledger)
	fresh.Apply(&Batch{Until: d.now, Increments: []Increment{{Series: shopOK, Minute: start + 31, Counts: Counts{Bad: 3}}}})
	assert.Equal(t, Counts{Bad: 3}, fresh.View(shop, d.now, time.Minute).Indicators[0].Excluded)

	d.ledger.SetExclusions(func(slo.Service) []Interval { return nil })
	assert.Equal(t, Counts{Good: 6000, Bad: 600}, view().Counts)
	assert.Equal(t, last, view().BadFallsTo(0))
}

// A calendar's window starts anew as a whole, in its zone, across a change of
// clocks.
func TestCalendarWindowResets(t *testing.T) {
	d := newDesk()
	d.add(start, 1, 5)
	month := slo.Window{Calendar: slo.Month, Zone: berlin(t)}
	tally := func() Tally {
		d.flush()
		got, ok := d.ledger.View(shop, d.now, time.Minute).Indicators[0].Tally(month, slo.Ratio{})
		require.True(t, ok)
		return got
	}
	resets := tally().BadFallsTo(4)
	assert.Equal(t, "2026-03-31T22:00:00Z", resets.Time().Format(time.RFC3339), "midnight in summer time")
	d.now = resets.Time().Add(-time.Second)
	assert.EqualValues(t, 5, tally().Counts.Bad)
	d.now = resets.Time()
	assert.Zero(t, tally().Counts.Bad)
}

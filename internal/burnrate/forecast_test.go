// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestOutlook(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name               string
		bad, valid         uint64
		elapsed            time.Duration
		resets             bool
		recentBad, recentN uint64
		want               Outlook
		lasts              time.Duration
	}{
		// Remaining 40 %: at burn 6 exhausted in 48 h, at 14.4 in 20 h.
		{"burn 6", 6_000, 10_000_000, 30 * day, false, 6, 1_000, Burning, 48 * time.Hour},
		{"burn 14.4", 6_000, 10_000_000, 30 * day, false, 144, 10_000, Burning, 20 * time.Hour},
		{"burn 1 of a whole budget lasts for the window", 0, 10_000_000, 30 * day, false, 1, 1_000, Burning, 30 * day},
		{"a burn of less never exhausts it", 0, 10_000_000, 30 * day, false, 999, 1_000_000, Lasting, 0},
		{"nothing left", 10_000, 10_000_000, 30 * day, false, 6, 1_000, Exhausted, 0},
		{"nothing left, and nothing burns", 10_000, 10_000_000, 30 * day, false, 0, 1_000, Exhausted, 0},
		{"overdrawn", 20_000, 10_000_000, 30 * day, false, 6, 1_000, Exhausted, 0},
		{"one event is left of ten thousand", 9_999, 10_000_000, 30 * day, false, 1_000, 1_000, Burning, 0},
		{"nothing burns", 6_000, 10_000_000, 30 * day, false, 0, 1_000, NotBurning, 0},
		{"nobody asks", 6_000, 10_000_000, 30 * day, false, 0, 0, NotBurning, 0},
		{"no event of all", 0, 0, 30 * day, false, 0, 0, NotBurning, 0},
		// A day of a window of thirty: with 40 % left of that day's budget it takes
		// r * t / (b - 1), as tomorrow brings a budget of its own.
		{"young: burn 6", 600, 1_000_000, day, false, 6, 1_000, Burning, 24 * time.Hour * 40 / 100 / 5 / time.Minute * time.Minute},
		{"young: burn 1 is what the day brings, until the window is full", 600, 1_000_000, day, false, 1, 1_000, Burning, 29*day + 24*time.Hour*40/100},
		{"young: burn 1.01 outlasts the filling", 0, 1_000_000, 20 * day, false, 101, 100_000, Burning, 30 * day * 100 / 101 / time.Minute * time.Minute},
		{"young: a burn of less", 0, 1_000_000, day, false, 9, 10_000, Lasting, 0},
		// A calendar's window: after its end the budget is whole again.
		{"calendar: burn 6 on the tenth day", 600, 1_000_000, 10 * day, true, 6, 1_000, Burning, 10 * day * 40 / 100 / 5},
		{"calendar: burn 1.1 lasts until the end", 600, 1_000_000, 10 * day, true, 11, 10_000, Lasting, 0},
		{"calendar: exhausted just before the end", 0, 1_000_000, 10 * day, true, 151, 100_000, Burning, 10 * day * 100 / 51 / time.Minute * time.Minute},
		{"calendar: exhausted just at the end", 0, 1_000_000, 10 * day, true, 150, 100_000, Lasting, 0},
	} {
		b := Budget{Target: slo.MustRatio("0.999"), Bad: tt.bad, Valid: tt.valid, Window: 30 * day, Elapsed: tt.elapsed, Resets: tt.resets}
		got, lasts := b.Outlook(tt.recentBad, tt.recentN)
		assert.Equal(t, tt.want, got, tt.name)
		assert.Equal(t, tt.lasts, lasts, tt.name)
	}
}

// The forecast comes true: a budget that goes on to burn as it did is exhausted in
// the minute that was said, and not in the one before.
func TestOutlookComesTrue(t *testing.T) {
	const each = 1_000_000 // events a minute
	target, window := slo.MustRatio("0.99"), 600*time.Minute
	for _, elapsed := range []uint64{1, 60, 300, 599, 600} {
		for _, bad := range []uint64{9_000, 10_001, 12_000, 15_000, 40_000, 1_000_000} {
			for _, before := range []uint64{0, 3_000, 9_000} {
				b := Budget{Target: target, Bad: before * elapsed, Valid: each * elapsed, Window: window, Elapsed: time.Duration(elapsed) * time.Minute}
				outlook, lasts := b.Outlook(bad, each)
				exhausted := func(after uint64) bool {
					valid := min(elapsed+after, 600) * each // a full window loses as many as come
					return (before*elapsed+bad*after)*100 >= valid
				}
				if outlook == Lasting {
					assert.False(t, exhausted(600), "%d of %d, then %d", before, elapsed, bad)
					continue
				}
				after := uint64(lasts / time.Minute)
				assert.Equal(t, Burning, outlook)
				assert.True(t, exhausted(after+1), "%d of %d, then %d: %s", before, elapsed, bad, lasts)
				if after > 0 {
					assert.False(t, exhausted(after-1), "%d of %d, then %d: %s", before, elapsed, bad, lasts)
				}
			}
		}
	}
}

// What is decided without fractions is what they say, next to the border too.
func TestOutlookWithoutFractions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sure := 0
	for range 200_000 {
		valid := 1 + random.Uint64N(1<<random.UintN(60))
		recent := 1 + random.Uint64N(1<<random.UintN(50))
		window := 1 + random.Int64N(60*24*90)
		b := Budget{
			Target: slo.MustRatio([]string{"0.9", "0.99", "0.999", "0.9995", "0.999999999"}[random.IntN(5)]),
			Bad:    random.Uint64N(1 + valid>>random.UintN(20)), Valid: valid,
			Window: time.Duration(window) * time.Minute, Elapsed: time.Duration(1+random.Int64N(window)) * time.Minute,
			Resets: random.IntN(2) == 0,
		}
		bad := 1 + random.Uint64N(1+recent>>random.UintN(40))
		spent, _ := rate(b.Bad, b.Valid, b.Target)
		require.Equal(t, spent.Cmp(big.NewRat(1, 1)) >= 0, b.exhausted(), "%+v", b)
		if !b.exhausted() && b.surelyLasts(bad, recent) {
			sure++
			exact, _ := b.outlook(bad, recent)
			require.Equal(t, Lasting, exact, "%+v, %d of %d", b, bad, recent)
		}
	}
	require.Greater(t, sure, 50_000)

	// What is left is what burns, exactly: nobody may be sure.
	b := Budget{Target: slo.MustRatio("0.999"), Bad: 500, Valid: 1_000_000, Window: time.Hour, Elapsed: time.Hour}
	assert.False(t, b.surelyLasts(500, 1_000_000))
	got, lasts := b.Outlook(500, 1_000_000)
	assert.Equal(t, Burning, got)
	assert.Equal(t, time.Hour, lasts)
	got, _ = b.Outlook(499, 1_000_000)
	assert.Equal(t, Lasting, got)
	assert.Zero(t, testing.AllocsPerRun(100, func() { b.Outlook(499, 1_000_000) }))
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

// TestUncertain: events that nobody can judge are in no ratio, are traffic, and make
// the service known.
func TestUncertain(t *testing.T) {
	d := newDesk()
	d.pending.Uncertain(shopOK.Key, start, 3, shopOK.Definition, w1)
	d.pending.Heartbeat(start, w1)
	v := d.view()
	assert.True(t, v.Seen)
	assert.Equal(t, Active, v.Activity)
	assert.Equal(t, Counts{Uncertain: 3}, v.Indicators[0].Counts)

	d.add(start, 6, 1)
	d.pending.Uncertain(shopOK.Key, start, 1, shopOK.Definition, w1)
	d.pending.Uncertain(shopOK.Key, start-maxLateness-1, 2, shopOK.Definition, w1)
	d.pending.Uncertain(shopOK.Key, start, maxIncrement+1, shopOK.Definition, w1)
	assert.Equal(t, Counts{Good: 6, Bad: 1, Uncertain: 6}, d.counts(t))
	assert.EqualValues(t, 2, d.pending.Lost(Late))
	assert.EqualValues(t, 1, d.pending.Lost(Implausible))
	tally, _ := d.view().Indicators[0].Tally(slo.Window{Length: month(shop)}, slo.Ratio{})
	assert.Equal(t, Certainty{Judged: 7, Known: 13}, tally.Certainty())
}

func TestCertainty(t *testing.T) {
	half := Coverage{Measured: 5, Elapsed: 10}
	for _, tt := range []struct {
		what      string
		certainty Certainty
		share     float64 // with half of the minutes measured
		enough    string  // the highest limit that it satisfies
		more      string
		none      bool
	}{
		{"no events", Certainty{}, 0.5, "0.5", "0.500000001", false},
		{"all judged", Certainty{10, 10}, 0.5, "0.5", "0.500000001", false},
		{"half", Certainty{5, 10}, 0.25, "0.25", "0.250000001", false},
		{"none", Certainty{0, 10}, 0, "0", "0.000000001", true},
	} {
		assert.Equal(t, tt.share, half.With(tt.certainty), tt.what)
		assert.Equal(t, tt.none, tt.certainty.None(), tt.what)
		assert.False(t, half.Below(slo.MustRatio(tt.enough), tt.certainty), tt.what)
		assert.True(t, half.Below(slo.MustRatio(tt.more), tt.certainty), tt.what)
	}
	assert.False(t, Coverage{}.Below(slo.MustRatio("0.9"), Certainty{}), "nothing elapsed")
	assert.True(t, Coverage{}.Below(slo.MustRatio("0.9"), Certainty{1, 2}), "nothing elapsed, and half of the events were missed")
	assert.False(t, half.Below(slo.Ratio{Num: 0, Den: 1}, Certainty{0, 1}), "no limit")

	assert.True(t, Certainty{1, 3}.LessThan(Certainty{1, 2}))
	assert.False(t, Certainty{1, 2}.LessThan(Certainty{1, 2}))
	assert.False(t, Certainty{}.LessThan(Certainty{}))
	assert.True(t, Certainty{9, 10}.LessThan(Certainty{}), "without events nothing was missed")
	// more than fits into 64 bits, and a difference of one
	large := uint64(math.MaxUint64)
	assert.True(t, Certainty{large - 1, large}.LessThan(Certainty{large, large}))
	whole := Coverage{large, large}
	assert.False(t, whole.Below(slo.MustRatio("0.999999999"), Certainty{999_999_999, 1_000_000_000}))
	assert.True(t, whole.Below(slo.MustRatio("0.999999999"), Certainty{999_999_998, 1_000_000_000}))
}

// TestCertaintyOfAnySize: the quick comparisons are those of integers without bounds.
func TestCertaintyOfAnySize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sized := func() uint64 { return random.Uint64() >> random.IntN(64) }
	for range 10_000 {
		a, b := Certainty{sized(), max(sized(), 1)}, Certainty{sized(), max(sized(), 1)}
		assert.Equal(t, product(a.Judged, b.Known).Cmp(product(b.Judged, a.Known)) < 0, a.LessThan(b), "%v, %v", a, b)
		c, limit := Coverage{Measured: sized(), Elapsed: max(sized(), 1)}, slo.Ratio{Num: max(sized(), 1), Den: max(sized(), 1)}
		below := product(c.Measured, a.Judged, limit.Den).Cmp(product(c.Elapsed, a.Known, limit.Num)) < 0
		assert.Equal(t, below, c.Below(limit, a), "%v, %v, %v", c, limit, a)
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// noisy returns paired samples: a level that wanders, which all modes share, and
// what each mode adds, both with noise of their own.
func noisy(n int, adds ...float64) [][]float64 {
	random := rand.New(rand.NewPCG(3, 4))
	out := make([][]float64, len(adds))
	for range n {
		level := 10_000 + 3000*random.Float64()
		for m, add := range adds {
			out[m] = append(out[m], level+add+200*random.NormFloat64())
		}
	}
	return out
}

func TestMedian(t *testing.T) {
	values := []float64{5, 1, 4, 2}
	at := func(i int) float64 { return values[i] }
	assert.InDelta(t, 3, medianOf([]int{0, 1, 2, 3}, at), 1e-12)
	assert.InDelta(t, 4, medianOf([]int{0, 1, 2}, at), 1e-12)
	assert.InDelta(t, 1, medianOf([]int{1, 1, 1, 0}, at), 1e-12, "drawn with replacement")
}

// TestEstimates: what was added is found although the level wanders by ten times
// as much, and the intervals hold the truth.
func TestEstimates(t *testing.T) {
	s := noisy(40, 0, 0, 1000, 2500)
	assert.True(t, added(s[2], s[0]).contains(1000), added(s[2], s[0]))
	assert.True(t, ratioAdded(s[2], s[3], s[0]).contains(0.4), ratioAdded(s[2], s[3], s[0]))
	again := ratio(s[1], s[0])
	assert.True(t, again.contains(1), again)
	assert.False(t, ratio(s[3], s[0]).contains(1))
	narrow := added(s[2], s[0])
	assert.Less(t, narrow.High-narrow.Low, 300.0)
	assert.Equal(t, narrow, added(s[2], s[0]), "the same samples, the same interval")
}

// SPDX-License-Identifier: Apache-2.0

package governor

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// run plays windows and returns the level after each.
func run(s State, used ...float64) (State, []Level) {
	var levels []Level
	for _, u := range used {
		s = s.Next(u, 0.2)
		levels = append(levels, s.Level)
	}
	return s, levels
}

func TestKept(t *testing.T) {
	var kept []float64
	for l := Nothing; l <= Payload; l++ {
		kept = append(kept, l.Kept())
	}
	assert.Equal(t, []float64{1, 0.5, 0.25, 0.125, 0.0625, 0, 0, 0}, kept)
}

func TestNext(t *testing.T) {
	tests := map[string]struct {
		used []float64
		want []Level
	}{
		"below the ceiling nothing is shed":    {[]float64{0, 0.1, 0.19, 0.2}, []Level{0, 0, 0, 0}},
		"above it more and more":               {[]float64{0.21, 0.3, 0.4}, []Level{1, 2, 3}},
		"far above it two levels at once":      {[]float64{0.41, 3}, []Level{2, 4}},
		"there is an end":                      {slices.Repeat([]float64{1}, 5), []Level{2, 4, 6, 7, 7}},
		"near the ceiling it stays":            {[]float64{0.3, 0.19, 0.18, 0.17, 0.16, 0.19}, []Level{1, 1, 1, 1, 1, 1}},
		"after three calm windows it falls":    {[]float64{0.3, 0.15, 0.15, 0.15, 0.15, 0.15}, []Level{1, 1, 1, 0, 0, 0}},
		"three in a row":                       {[]float64{0.3, 0.15, 0.15, 0.18, 0.15, 0.15, 0.15}, []Level{1, 1, 1, 1, 1, 1, 0}},
		"two levels where there is much room":  {[]float64{0.5, 0.5, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05}, []Level{2, 4, 4, 4, 2, 2, 2, 0}},
		"but not below nothing":                {[]float64{0.3, 0, 0, 0, 0}, []Level{1, 1, 1, 0, 0}},
		"a share that stays calm at the end":   {[]float64{1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, []Level{2, 4, 6, 7, 7, 7, 5, 5, 5, 3, 3, 3, 1, 1, 1, 0}},
		"a calm time is no credit for a later": {[]float64{0, 0, 0, 0, 0.3, 0.1, 0.1, 0.1}, []Level{0, 0, 0, 0, 1, 1, 1, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, got := run(State{}, tt.used...)
			assert.Equal(t, tt.want, got)
		})
	}
}

// TestFallsThatWereWrong: each is tried after twice as long, so that a load which
// needs the shedding is disturbed ever more seldom; one that was right ends that.
func TestFallsThatWereWrong(t *testing.T) {
	// a load that takes 0.3 with all spans and 0.15 with half of them
	of := func(l Level) float64 {
		if l == Nothing {
			return 0.3
		}
		return 0.15
	}
	var s State
	var shed, falls, last int
	var waits []int
	for i := range 400 {
		before := s.Level
		s = s.Next(of(s.Level), 0.2)
		if s.Level < before {
			waits = append(waits, i-last)
			falls++
			last = i
		}
		if s.Level > 0 {
			shed++
		}
	}
	assert.Equal(t, []int{3, 7, 13, 25, 49, 61, 61, 61, 61}, waits)
	assert.Equal(t, 400-falls, shed)

	s, _ = run(s, slices.Repeat([]float64{0.1}, longestPatience+trial+1)...)
	assert.Equal(t, Nothing, s.Level)
	_, levels := run(s, 0.3, 0.15, 0.15, 0.15)
	assert.Equal(t, []Level{1, 1, 1, 0}, levels, "short again")
}

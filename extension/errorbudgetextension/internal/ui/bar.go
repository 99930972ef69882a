// SPDX-License-Identifier: Apache-2.0

package ui

import "math"

// bar is what is left of a budget: to the right of zero, or to the left when
// more was spent than there was.
type bar struct {
	Label    string
	X, Width string
	Zero     string
	Limits   []string // where the states part
	// Beyond tells that more was spent than the bar can show.
	Beyond bool
}

const (
	barWidth = 150
	barLeast = -0.5
)

func newBar(remaining float64) bar {
	at := func(share float64) float64 {
		return 1 + (math.Max(share, barLeast)-barLeast)/(1-barLeast)*barWidth
	}
	from, to := math.Min(at(0), at(remaining)), math.Max(at(0), at(remaining))
	return bar{
		Label: percent(remaining) + " of the budget left", X: unit(from), Width: unit(to - from), Zero: unit(at(0)),
		Limits: []string{unit(at(0.2)), unit(at(0.5))}, Beyond: remaining < barLeast,
	}
}

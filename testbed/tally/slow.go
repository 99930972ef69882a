// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"
)

const (
	// slowSeconds is what a test takes, its subtests included, to be called slow.
	slowSeconds = 10
	// slowShown is how many of them are shown.
	slowShown = 20
)

// slowTest is a test, subtests included, that took long.
type slowTest struct {
	name    string
	seconds float64
}

// slowest returns those that are shown, the slowest first.
func slowest(all []slowTest) []slowTest {
	slices.SortStableFunc(all, func(a, b slowTest) int { return cmp.Compare(b.seconds, a.seconds) })
	return all[:min(len(all), slowShown)]
}

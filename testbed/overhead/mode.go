// SPDX-License-Identifier: Apache-2.0

package main

// A mode is what is attached during a slice.
type mode struct {
	// Name as the report says it.
	Name string
	// attach starts it, and returns what stops it again.
	attach func() (stop func() error, err error)
	// baseline marks the modes in which nothing is attached.
	baseline bool
}

// Names of the modes.
const (
	none          = "none"
	noneAgain     = "none, again"
	sloeSpans     = "sloe, spans through sli"
	sloeCounts    = "sloe, histograms and unspanned"
	classicPairs  = "classical, paired in the kernel"
	classicEvents = "classical, every I/O an event"
)

// modes are compared with the first of them.
func modes(c *designs) []mode {
	nothing := func() (func() error, error) { return func() error { return nil }, nil }
	return []mode{
		{Name: none, attach: nothing, baseline: true},
		{Name: noneAgain, attach: nothing, baseline: true},
		{Name: sloeSpans, attach: func() (func() error, error) { return startSloe(true) }},
		{Name: sloeCounts, attach: func() (func() error, error) { return startSloe(false) }},
		{Name: classicPairs, attach: c.paired.attach},
		{Name: classicEvents, attach: c.events.attach},
	}
}

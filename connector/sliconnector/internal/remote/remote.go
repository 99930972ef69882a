// SPDX-License-Identifier: Apache-2.0

// Package remote turns the cumulative counts of other collectors into
// increments, each counted once.
package remote // import "github.com/sloe-dev/sloe/connector/sliconnector/internal/remote"

import (
	"sync"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Series names one cumulative count: who counts since when, and what.
type Series struct {
	Writer  slo.Writer
	Key     slo.Key
	Outcome Outcome
}

// Outcome says which events of an indicator are counted.
type Outcome uint8

// Outcomes.
const (
	Good Outcome = iota
	Bad
	// Uncertain events could not be judged.
	Uncertain
)

// Result is what became of a cumulative value.
type Result uint8

// Results.
const (
	// Counted: the increment is new.
	Counted Result = iota
	// Baseline: the value is the first one of a writer that started before us.
	// What it holds may have been counted by an earlier run of ours, so that it
	// only serves to tell the next increment.
	Baseline
	// Stale: the value is less than an earlier one under the same start, hence an
	// export that was overtaken by a later one.
	Stale
	// Full: the series is new and there is no room for it.
	Full
)

const (
	// maxSeries bounds the memory to about 200 MiB: 1,000 collectors with 80
	// services of six indicators.
	maxSeries = 1_000_000
	// forgetAfter is how long a silent series keeps its place once room is short.
	forgetAfter = 24 * time.Hour
)

// Counts remembers the last value of every series. It may be used from any
// goroutine.
type Counts struct {
	started time.Time
	max     int

	mu   sync.Mutex
	last map[Series]sample
}

type sample struct {
	value uint64
	at    time.Time
}

// NewCounts returns a memory that begins now.
func NewCounts(now time.Time) *Counts {
	return &Counts{started: now, max: maxSeries, last: map[Series]sample{}}
}

// Increment returns what a cumulative value adds to the one before. A restart of
// the writer changes the start time and with it the series, which begins at
// zero. The first value of a series counts in full if it begins at zero by
// contract since its writer started after us, both by their own clocks.
func (c *Counts) Increment(s Series, value uint64, now time.Time) (uint64, Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.last[s]
	switch {
	case !known && len(c.last) >= c.max && !c.makeRoom(now):
		return 0, Full
	case known && value < before.value:
		return 0, Stale
	}
	c.last[s] = sample{value: value, at: now}
	if !known && value != 0 && s.Writer.StartUnixNano < c.started.UnixNano() {
		return value, Baseline
	}
	return value - before.value, Counted
}

// makeRoom forgets what has been silent for long.
func (c *Counts) makeRoom(now time.Time) bool {
	for s, last := range c.last {
		if now.Sub(last.at) > forgetAfter {
			delete(c.last, s)
		}
	}
	return len(c.last) < c.max
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// SeriesID names one series of counts. Counts of different definitions are never
// added up, so a changed definition is another series of the same key.
type SeriesID struct {
	Key        slo.Key
	Definition slo.Definition
}

// Counts are events of one minute, as increments or as totals.
type Counts struct {
	Good, Bad uint64
	// Uncertain events are neither good nor bad: they came too late for their own
	// minute and are of that of their arrival, or they are known to have been, and
	// whether they were good is not.
	Uncertain uint64
}

// IsZero tells whether nothing was counted.
func (c Counts) IsZero() bool { return c == Counts{} }

// events is how many there are, whatever they are.
func (c Counts) events() uint64 { return c.Good + c.Bad + c.Uncertain }

func (c *Counts) add(o Counts) {
	c.Good += o.Good
	c.Bad += o.Bad
	c.Uncertain += o.Uncertain
}

func (c *Counts) sub(o Counts) {
	c.Good -= o.Good
	c.Bad -= o.Bad
	c.Uncertain -= o.Uncertain
}

// Increment adds Counts to a minute of a series. All zero, it makes the series
// known as of that minute.
type Increment struct {
	Series SeriesID
	Minute slo.Minute
	Counts Counts
}

// Sight is the minute in which a writer first counted for a service.
type Sight struct {
	Service  slo.Service
	Instance string
	Minute   slo.Minute
}

// Heartbeat is a minute in which a writer was measuring.
type Heartbeat struct {
	Instance string
	Minute   slo.Minute
}

// Batch is what is made durable, and then served, as one.
type Batch struct {
	// Until is when the batch was closed: everything added before is in it or in
	// an earlier one.
	Until      time.Time
	Increments []Increment
	Sights     []Sight
	Heartbeats []Heartbeat
	// Attributions tell what counted events have in common, of this batch or of
	// earlier ones.
	Attributions []Attribution
	// Cursor is how far a feeder has read that has a memory of its own, such as a
	// Prometheus: it is durable with the counts, so that none is read twice. Nil
	// leaves the one before. Only the feeder knows what it means.
	Cursor []byte
}

// IsEmpty tells whether there is nothing to make durable.
func (b *Batch) IsEmpty() bool {
	return len(b.Increments) == 0 && len(b.Sights) == 0 && len(b.Heartbeats) == 0 && len(b.Attributions) == 0 && b.Cursor == nil
}

// SPDX-License-Identifier: Apache-2.0

package block

import (
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// MaxWidth is how many minutes a Part may span.
const MaxWidth = 60

// Part collects the counts and heartbeats of the minutes [From, From+Width).
type Part struct {
	From  slo.Minute
	Width int

	series map[budget.SeriesID]*minutes
	beats  map[string]uint64 // by instance, a bit a minute
}

// minutes are those of one series.
type minutes struct {
	first, last slo.Minute // in which it was heard of, be it of zero events
	counts      []budget.Counts
}

// NewPart returns an empty one. Width is from 1 to MaxWidth.
func NewPart(from slo.Minute, width int) *Part {
	return &Part{From: from, Width: width, series: map[budget.SeriesID]*minutes{}, beats: map[string]uint64{}}
}

// HourOf returns the first minute of the hour that holds a minute.
func HourOf(m slo.Minute) slo.Minute { return m - ((m%MaxWidth)+MaxWidth)%MaxWidth }

// Add takes an increment of one of the minutes.
func (p *Part) Add(i budget.Increment) {
	of := p.of(i.Series, i.Minute, i.Minute)
	of.counts[i.Minute-p.From] = of.counts[i.Minute-p.From].Plus(i.Counts)
}

// Strip takes minutes that lie within the Part's.
func (p *Part) Strip(s budget.Strip) {
	of := p.of(s.Series, s.First, s.Last)
	for i, c := range s.Counts {
		at := int(s.From-p.From) + i
		of.counts[at] = of.counts[at].Plus(c)
	}
}

// Heartbeat takes a heartbeat of one of the minutes.
func (p *Part) Heartbeat(h budget.Heartbeat) { p.beats[h.Instance] |= 1 << (h.Minute - p.From) }

func (p *Part) of(id budget.SeriesID, first, last slo.Minute) *minutes {
	found, ok := p.series[id]
	if !ok {
		found = &minutes{first: first, last: last, counts: make([]budget.Counts, p.Width)}
		p.series[id] = found
	}
	found.first, found.last = min(found.first, first), max(found.last, last)
	return found
}

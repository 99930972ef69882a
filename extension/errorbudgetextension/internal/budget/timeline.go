// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Timeline is what a window held, over time.
type Timeline struct {
	// Stretches are of equal length, the oldest first.
	Stretches []Stretch
	// Exclusions are the minutes that no verdict counts, in ascending order.
	Exclusions []Interval
}

// Stretch is what some minutes in a row held of an indicator.
type Stretch struct {
	// From is the first minute; the next Stretch's is the first one after.
	From slo.Minute
	// Counts are those that verdicts count.
	Counts Counts
	// Coverage is that of the closed minutes since the first sight. None elapsed
	// before it.
	Coverage Coverage
}

// Timeline returns the last n stretches of an indicator, by its current
// definition. Each holds as many blocks of two hours as are given, and the last
// one the open minute: blocks are what is held of the past, so that this reads
// no disk.
func (l *Ledger) Timeline(id slo.Service, sli string, now slo.Minute, blocksEach, n int) (t Timeline) {
	sh := l.shardOf(id.Name)
	sh.ask(func() { t = sh.timeline(id, sli, now, blocksEach, n) })
	return t
}

func (sh *shard) timeline(id slo.Service, sli string, now slo.Minute, blocksEach, n int) Timeline {
	l := sh.ledger
	t := Timeline{Stretches: make([]Stretch, n)}
	step := slo.Minute(blocksEach) * blockMinutes
	from := startOfBlock(now) + blockMinutes - slo.Minute(n)*step
	s := sh.services[id]
	for i := range t.Stretches {
		at := from + slo.Minute(i)*step
		t.Stretches[i].From = at
		if s != nil {
			t.Stretches[i].Coverage = l.coverageWithin(s, at, min(at+step, now))
		}
	}
	c := sh.currentSeries(id, sli)
	if c == nil {
		return t
	}
	t.Exclusions = slices.Clone(s.exclusions)
	c.reach(from)
	stretch := func(minute slo.Minute, apply func(*Counts)) {
		if i := int((minute - from) / step); minute >= from && i < n {
			apply(&t.Stretches[i].Counts)
		}
	}
	c.each(func(minute slo.Minute, counts Counts) { stretch(minute, func(sum *Counts) { sum.add(counts) }) })
	if c.tally(Span{Name: "timeline", From: from, Length: now - from}, now); c.out != nil {
		c.out.each(func(minute slo.Minute, counts Counts) { stretch(minute, func(sum *Counts) { sum.sub(counts) }) })
	}
	return t
}

// each shows all that is held, blocks by their first minute.
func (s *series) each(show func(slo.Minute, Counts)) {
	for _, b := range s.blocks.all() {
		show(b.start(), b.counts)
	}
	s.old.each(0, func(c cell) bool {
		show(c.minute, c.counts)
		return true
	})
	for _, c := range s.hot {
		show(c.minute, c.counts)
	}
}

// coverageWithin is coverage of [from, to) alone.
func (l *Ledger) coverageWithin(s *service, from, to slo.Minute) Coverage {
	var c Coverage
	latest := l.lastMeasured(s)
	for _, by := range s.sights {
		m, first := l.writers[by.instance], by.first
		since, until := max(first, from), to
		if m != nil && m.newest < latest-writerGone {
			until = min(until, m.newest+1)
		}
		if until <= since {
			continue
		}
		c.Elapsed += uint64(until - since)
		if m != nil {
			c.Measured += m.count(since, until)
		}
	}
	return c
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Incident is a stretch of minutes in which a budget burnt faster than it comes
// back: in which more than the permitted share was bad. Excluded minutes are not
// part of any.
type Incident struct {
	// From is the first burning minute, To the one after the last.
	From, To slo.Minute
	// Ongoing: it may go on, as To is too near to tell.
	Ongoing bool
	// Counts are those of [From, To).
	Counts Counts
}

const (
	// incidentGap is how many calm minutes part two incidents.
	incidentGap = 15
	// incidentCost is the least share of the window's budget, in per cent, that an
	// incident costs: less is noise.
	incidentCost = 1
	// incidentBlocks bounds the blocks of a window whose minutes are read. Of more,
	// the costliest are read, and others taken as a whole.
	incidentBlocks = 96
)

// Incidents returns what spent the budget of the window, the oldest first. The
// objective is the target share of good events.
func (t Tally) Incidents(objective slo.Ratio) []Incident {
	if t.of == nil {
		return nil // nothing was counted, or it cannot be read
	}
	var found []Incident
	t.of.owner.home.ask(func() {
		in, _ := t.of.tally(t.Span, t.now)
		f := finder{of: t.of, now: t.now, from: t.Span.From, permitted: objective.Complement(), valid: in.Good + in.Bad}
		f.blocks()
		f.minutes()
		f.end()
		found = f.found
	})
	return found
}

// finder goes through a window in the order of time.
type finder struct {
	of        *series
	now, from slo.Minute
	permitted slo.Ratio // share of bad events
	valid     uint64    // events of the window

	found   []Incident
	current Incident // To is 0 if there is none
	calm    Counts   // since current.To
}

// costs tells whether bad events cost a share of the budget, given in half per
// cents, or more.
func (f *finder) costs(bad, halfPercents uint64) bool {
	return !less(bad, 200*f.permitted.Den, f.valid, halfPercents*f.permitted.Num)
}

// burns tells whether more than the permitted share is bad.
func (f *finder) burns(c Counts) bool {
	return less(c.Good+c.Bad, f.permitted.Num, c.Bad, f.permitted.Den)
}

// less tells whether a*b is less than c*d, in 128 bits.
func less(a, b, c, d uint64) bool {
	h1, l1 := bits.Mul64(a, b)
	h2, l2 := bits.Mul64(c, d)
	return h1 < h2 || h1 == h2 && l1 < l2
}

// blocks goes through what is summed up. The minutes of a block are read where
// it alone holds half of an incident that counts, or is beside such a one.
func (f *finder) blocks() {
	var all []block
	for p := f.of.blocks.seek(blockPlace{}, f.from); ; {
		b, next, ok := f.of.blocks.next(p)
		if !ok {
			break
		}
		all, p = append(all, b), next
	}
	chosen := f.choose(all)
	for i, b := range all {
		if !chosen[i] {
			continue
		}
		cells, err := f.of.minutesOf(b)
		if err != nil {
			f.whole(b)
			continue
		}
		for _, c := range cells {
			f.step(c.minute, c.minute+1, c.counts)
		}
	}
}

// choose tells for each block whether its minutes are to be read.
func (f *finder) choose(all []block) []bool {
	var costly []int
	for i, b := range all {
		if b.counts.Bad > 0 && f.costs(b.counts.Bad, incidentCost) {
			costly = append(costly, i)
		}
	}
	slices.SortFunc(costly, func(a, b int) int { return cmp.Compare(all[b].counts.Bad, all[a].counts.Bad) })
	chosen := make([]bool, len(all))
	for _, i := range costly[:min(len(costly), incidentBlocks)] {
		for _, j := range []int{i - 1, i, i + 1} {
			if j >= 0 && j < len(all) && all[j].counts.Bad > 0 && max(i-j, j-i) == int(max(all[i].number-all[j].number, all[j].number-all[i].number)) {
				chosen[j] = true
			}
		}
	}
	return chosen
}

// whole takes a block for one long minute, as its minutes cannot be had.
func (f *finder) whole(b block) {
	if !f.of.owner.excludesSome(b.start(), b.end()) {
		f.step(b.start(), b.end(), b.counts)
	}
}

// minutes goes through the minutes in memory.
func (f *finder) minutes() {
	_ = f.of.visit(max(f.from, f.of.heldFrom()), f.now+maxSkew+1, func(minute slo.Minute, c Counts) { f.step(minute, minute+1, c) })
}

// step goes on by what [from, to) held.
func (f *finder) step(from, to slo.Minute, c Counts) {
	if to <= f.from || f.of.owner.excludes(from) {
		return
	}
	if f.current.To > 0 && from-f.current.To > incidentGap {
		f.end()
	}
	switch {
	case !f.burns(c):
		f.calm.add(c)
	case f.current.To == 0:
		f.current, f.calm = Incident{From: from, To: to, Counts: c}, Counts{}
	default:
		f.current.Counts.add(f.calm)
		f.current.Counts.add(c)
		f.current.To, f.calm = to, Counts{}
	}
}

// end closes the current incident, and keeps it if it cost enough.
func (f *finder) end() {
	if f.current.To > 0 && f.costs(f.current.Counts.Bad, 2*incidentCost) {
		f.current.Ongoing = f.now-f.current.To <= incidentGap
		f.found = append(f.found, f.current)
	}
	f.current, f.calm = Incident{}, Counts{}
}

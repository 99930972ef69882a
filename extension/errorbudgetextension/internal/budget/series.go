// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// series keeps the counts of one series: the newest minutes plain, those before
// packed, and, if an archive has the minutes, of the time before the sums of blocks.
// Windows lie over it. Adding and reading cost the same however long a window
// is, amortised: each minute enters once and leaves once.
type series struct {
	owner      *service
	sli        string
	definition slo.Definition

	derived past       // how minutes of the past are had, if not from the archive; nil of a series of its own
	keep    slo.Minute // how far back counts are kept, in minutes
	kept    slo.Minute // the start of a block: counts before are not held any more

	blocks blocks
	old    history
	hot    []cell // ascending

	windows []window
	out     *series               // what of it is excluded; nil until asked for
	slices  map[slo.Ratio]*series // its minutes, judged; nil until asked for

	first slo.Minute // when the series became known
	last  slo.Minute // its newest minute, be it of zero events
	event slo.Minute // its newest minute with events, -1 if there was none
}

const (
	// hotMinutes are held plain, as most events come into them. Twice as many
	// may gather before some are packed, which keeps the work amortised.
	hotMinutes = 8
	// warmMinutes are held as minutes; older ones are left to the archive. Events
	// may be two hours late.
	warmMinutes = maxLateness
)

func newSeries(owner *service, sli string, definition slo.Definition, keep, first slo.Minute, derived past) *series {
	return &series{owner: owner, sli: sli, definition: definition, derived: derived, keep: keep, first: first, last: first, event: -1}
}

// add counts in a minute. Now is the current minute.
func (s *series) add(now, minute slo.Minute, counts Counts) {
	s.first = min(s.first, minute)
	s.last = max(s.last, minute)
	if counts.events() != 0 {
		s.event = max(s.event, minute)
	}
	if counts.IsZero() {
		return
	}
	if before := startOfBlock(now - s.keep); minute < before {
		s.kept = max(s.kept, before)
		return
	}
	if s.archived() && minute < s.kept {
		s.owner.home.amended++
		return // the archive has it, and is asked before anybody reads so far back
	}
	s.judge(now, minute, counts)
	if s.out != nil && s.owner.excludes(minute) {
		s.out.add(now, minute, counts)
	}
	for i := range s.windows {
		if w := &s.windows[i]; minute >= w.start() {
			w.sum.add(counts)
		}
	}
	switch {
	case s.blocks.n > 0 && minute < (block{number: int64(s.blocks.tail)}).end():
		s.owner.home.amended++
		s.blocks.amend(blockOf(minute), counts)
		s.windows = nil // their edges are of before; they are counted anew when asked for
		return
	case s.old.n > 0 && minute <= slo.Minute(s.old.tail):
		s.thaw()
	}
	s.addHot(minute, counts)
	if len(s.hot) > 2*hotMinutes {
		s.settle(now)
	}
}

func (s *series) addHot(minute slo.Minute, counts Counts) {
	i, found := s.findHot(minute)
	if found {
		s.hot[i].counts.add(counts)
		return
	}
	s.hot = slices.Insert(s.hot, i, cell{minute: minute, counts: counts})
}

// findHot returns where a minute is among the plain ones, or belongs. Mostly it is
// the newest or a newer one.
func (s *series) findHot(minute slo.Minute) (int, bool) {
	n := len(s.hot)
	if n == 0 || minute > s.hot[n-1].minute {
		return n, false
	}
	if minute == s.hot[n-1].minute {
		return n - 1, true
	}
	return slices.BinarySearchFunc(s.hot, minute, func(c cell, m slo.Minute) int { return int(c.minute - m) })
}

// settle packs the minutes that are no more the newest, sums up the blocks that
// the archive has, and drops what is too old for any window.
func (s *series) settle(now slo.Minute) {
	n := 0
	for n < len(s.hot)-hotMinutes || n < len(s.hot) && s.hot[n].minute < now-warmMinutes {
		s.old.push(s.hot[n])
		n++
	}
	if s.hot = slices.Delete(s.hot, 0, n); cap(s.hot) != 2*hotMinutes+1 {
		s.hot = append(make([]cell, 0, 2*hotMinutes+1), s.hot...) // no more than it needs
	}
	s.forgetUnread(now)
	s.sumUp(now)
	s.drop(now - s.keep)
}

// thaw takes the packed minutes back, for an event that is late by more than the
// plain ones.
func (s *series) thaw() {
	cells := make([]cell, 0, int(s.old.n)+len(s.hot)+1)
	s.old.each(0, func(c cell) bool {
		cells = append(cells, c)
		return true
	})
	s.hot = append(cells, s.hot...)
	s.old.clear()
}

// sumUp turns blocks of packed minutes into their sums.
func (s *series) sumUp(now slo.Minute) {
	if !s.archived() {
		return
	}
	var cells []cell
	for s.old.n > 0 {
		c, _ := s.old.front()
		whole := block{number: blockOf(c.minute)}
		if whole.end() > now-warmMinutes || len(s.hot) > 0 && s.hot[0].minute < whole.end() {
			return
		}
		if whole.number == blockOf(slo.Minute(s.old.tail)) {
			return // more of it may come: a restore goes minute by minute
		}
		cells = cells[:0]
		edge := slices.ContainsFunc(s.windows, func(w window) bool { return w.beginsIn(whole) })
		for s.old.n > 0 {
			c, next := s.old.front()
			if c.minute >= whole.end() {
				break
			}
			s.old.pop(c, next)
			whole.counts.add(c.counts)
			if edge {
				cells = append(cells, c)
			}
		}
		s.old.compact()
		s.blocks.push(whole)
		for i := range s.windows {
			if w := &s.windows[i]; w.beginsIn(whole) {
				w.edge = newEdge(whole.number, cells, w.start())
			}
		}
	}
}

// drop lets go of the blocks before a minute that no window reaches.
func (s *series) drop(before slo.Minute) {
	for i := range s.windows {
		before = min(before, s.windows[i].start())
	}
	before = startOfBlock(before)
	for s.blocks.n > 0 {
		e, _, _ := s.blocks.next(s.blocks.seek(blockPlace{}, 0))
		if e.end() > before {
			return
		}
		s.blocks.pop()
		s.kept = max(s.kept, before)
	}
	for s.old.n > 0 {
		c, next := s.old.front()
		if c.minute >= before {
			return
		}
		s.old.pop(c, next)
		s.kept = max(s.kept, before)
	}
}

func (s *series) forgetUnread(now slo.Minute) {
	s.windows = slices.DeleteFunc(s.windows, func(w window) bool { return slo.Minute(w.read) < now-unreadAfter })
}

// reach makes sure that counts are held from a minute on, as far as the archive
// has them.
func (s *series) reach(from slo.Minute) {
	if !s.archived() || from >= s.kept {
		return
	}
	from = startOfBlock(from)
	var earlier []block
	err := s.past(from, s.kept, func(minute slo.Minute, counts Counts) {
		if n := len(earlier); n == 0 || earlier[n-1].number != blockOf(minute) {
			earlier = append(earlier, block{number: blockOf(minute)})
		}
		earlier[len(earlier)-1].counts.add(counts)
	})
	if err != nil {
		return // asked again at the next read
	}
	s.blocks.replace(append(earlier, s.blocks.all()...))
	s.kept = from
}

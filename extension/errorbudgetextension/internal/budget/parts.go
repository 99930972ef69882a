// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

const (
	// maxNamedParts is how many parts of a dimension of a series have names of their
	// own. Further ones are counted together.
	maxNamedParts = 20
	// maxParts bounds all parts of all series. One that had events in every hour of a
	// month takes 3 KiB, one of an incident a few bytes.
	maxParts = 50_000
	// hotHours are held plain, as events may be two hours late.
	hotHours = 4
)

// parts is what the events of a series have in common.
type parts struct {
	keep  slo.Minute // how far back, in minutes
	hour  slo.Minute // up to which old hours were dropped
	all   map[slo.Part]*partHours
	named [4]int // by dimension
}

// partHours is the hours of one part: the newest plain, those before packed.
type partHours struct {
	old history
	hot []cell // ascending
}

// Admit gives those parts of a batch no name for which there is no room, and leaves
// out those for which there is none at all, before the batch is made durable: what is
// stored is bounded like what is held.
func (l *Ledger) Admit(b *Batch) {
	l.partsMu.Lock()
	defer l.partsMu.Unlock()
	now := slo.MinuteOf(b.Until)
	kept := b.Attributions[:0]
	for _, a := range b.Attributions {
		if a.Part.Name, _ = l.place(a, now); a.Part.Name == nowhere {
			l.unattributed += a.Counts.Bad
			continue
		}
		kept = append(kept, a)
	}
	b.Attributions = kept
}

// nowhere is a name that no part has.
const nowhere = "\x00"

// place finds where a part is counted, and under which name. The lock of the parts
// is held.
func (l *Ledger) place(a Attribution, now slo.Minute) (name string, at *partHours) {
	p := l.partsOf(a.Series)
	l.partCount -= p.dropBefore(now)
	if known := p.all[a.Part]; known != nil {
		return a.Part.Name, known
	}
	if a.Part.Name != "" && p.named[a.Part.Dimension] >= maxNamedParts {
		a.Part.Name = ""
		if known := p.all[a.Part]; known != nil {
			return "", known
		}
	}
	if l.partCount >= maxParts {
		return nowhere, nil
	}
	l.partCount++
	made := &partHours{}
	p.all[a.Part] = made
	if a.Part.Name != "" {
		p.named[a.Part.Dimension]++
	}
	return a.Part.Name, made
}

func (l *Ledger) partsOf(id SeriesID) *parts {
	p := l.parts[id]
	if p == nil {
		p = &parts{keep: slo.Minute(l.window(id.Key.Service)/time.Minute) + hourMinutes, all: map[slo.Part]*partHours{}}
		l.parts[id] = p
	}
	return p
}

// attributeAll counts what events of a batch have in common.
func (l *Ledger) attributeAll(now slo.Minute, all []Attribution) {
	l.partsMu.Lock()
	defer l.partsMu.Unlock()
	for _, a := range all {
		l.attribute(now, a)
	}
}

// forgetParts drops those of series of which nothing was attributed since a minute.
func (l *Ledger) forgetParts(before slo.Minute) {
	l.partsMu.Lock()
	defer l.partsMu.Unlock()
	for id, p := range l.parts {
		if p.hour < before {
			l.partCount -= len(p.all)
			delete(l.parts, id)
		}
	}
}

// attribute counts what a series' events have in common. The lock of the parts is
// held, unless nobody asks yet.
func (l *Ledger) attribute(now slo.Minute, a Attribution) {
	if a.Hour < now-l.partsOf(a.Series).keep {
		return // no window reaches it
	}
	if _, at := l.place(a, now); at != nil {
		at.add(a.Hour, a.Counts)
	}
}

// dropBefore lets go of hours that no window reaches, once an hour, and of parts of
// which nothing is left. It returns how many these were.
func (p *parts) dropBefore(now slo.Minute) (gone int) {
	if hour := startOfHour(now); hour > p.hour {
		p.hour = hour
	} else {
		return 0
	}
	for part, of := range p.all {
		if of.dropBefore(now - p.keep); of.isEmpty() {
			delete(p.all, part)
			gone++
			if part.Name != "" {
				p.named[part.Dimension]--
			}
		}
	}
	return gone
}

func (h *partHours) add(hour slo.Minute, counts Counts) {
	if h.old.n > 0 && hour <= slo.Minute(h.old.tail) {
		h.thaw()
	}
	i, found := slices.BinarySearchFunc(h.hot, hour, func(c cell, m slo.Minute) int { return int(c.minute - m) })
	if found {
		h.hot[i].counts.add(counts)
		return
	}
	h.hot = slices.Insert(h.hot, i, cell{minute: hour, counts: counts})
	if len(h.hot) > 2*hotHours {
		for _, c := range h.hot[:hotHours] {
			h.old.push(c)
		}
		h.hot = slices.Delete(h.hot, 0, hotHours)
	}
}

// thaw takes the packed hours back, for one that comes out of order.
func (h *partHours) thaw() {
	var cells []cell
	h.old.each(0, func(c cell) bool {
		cells = append(cells, c)
		return true
	})
	h.hot = append(cells, h.hot...)
	h.old.clear()
}

func (h *partHours) dropBefore(hour slo.Minute) {
	for h.old.n > 0 {
		c, next := h.old.front()
		if c.minute >= hour {
			return
		}
		h.old.pop(c, next)
	}
	h.hot = slices.DeleteFunc(h.hot, func(c cell) bool { return c.minute < hour })
}

func (h *partHours) isEmpty() bool { return h.old.n == 0 && len(h.hot) == 0 }

// each shows the hours from one on.
func (h *partHours) each(from slo.Minute, show func(slo.Minute, Counts)) {
	h.old.each(from, func(c cell) bool {
		show(c.minute, c.counts)
		return true
	})
	for _, c := range h.hot {
		if c.minute >= from {
			show(c.minute, c.counts)
		}
	}
}

// clone returns a copy that does not change.
func (h *partHours) clone() *partHours {
	out := &partHours{old: h.old, hot: slices.Clone(h.hot)}
	out.old.buf = slices.Clone(h.old.buf)
	return out
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Attributed is what the events of a service had in common at an instant. It is
// taken before the counts that it is held against, which then hold at least as much.
type Attributed struct {
	series map[SeriesID]map[slo.Part]*partHours
}

// SpentBy is what the bad events of a window had in common in one respect. Its parts
// always add up: those with a name, Other and Unknown are the window's bad events.
type SpentBy struct {
	Dimension slo.Dimension
	// Parts, the worst first.
	Parts []SpentPart
	// Other holds the events of parts that had no room for a name.
	Other Counts
	// Unknown holds the rest, of which nothing is known in this respect.
	Unknown Counts
}

// SpentPart is one part. Good events are known of versions alone.
type SpentPart struct {
	Name   string
	Counts Counts
}

// Attributed returns what the events of a service have in common, by the current
// definitions of its indicators.
func (l *Ledger) Attributed(id slo.Service) Attributed {
	out := Attributed{series: map[SeriesID]map[slo.Part]*partHours{}}
	current := l.shardOf(id.Name).currentIDs(id)
	l.partsMu.Lock()
	defer l.partsMu.Unlock()
	for _, id := range current {
		p := l.parts[id]
		if p == nil {
			continue
		}
		copies := make(map[slo.Part]*partHours, len(p.all))
		for part, of := range p.all {
			copies[part] = of.clone()
		}
		out.series[id] = copies
	}
	return out
}

// currentIDs returns the series of a service that count now, one an indicator.
func (sh *shard) currentIDs(id slo.Service) []SeriesID {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s, ok := sh.services[id]
	if !ok {
		return nil
	}
	var all []SeriesID
	for _, sli := range s.indicators() {
		all = append(all, SeriesID{Key: slo.Key{Service: id, SLI: sli}, Definition: s.current(sli).definition})
	}
	return all
}

// SpentBy returns what is known of the events of a window, by dimension. Hours that
// the window holds in part, and such as have excluded minutes, are unknown: what is
// kept does not say of which minute of an hour an event was.
func (t Tally) SpentBy(known Attributed) []SpentBy {
	of := t.of.owner
	of.home.mu.Lock()
	defer of.home.mu.Unlock()
	var all []SpentBy
	for _, d := range slo.Dimensions() {
		all = append(all, SpentBy{Dimension: d, Unknown: Counts{Good: t.Counts.Good, Bad: t.Counts.Bad}})
	}
	sli := ""
	if slices.Contains(of.series, t.of) { // one that was counted, not one that is derived
		sli = t.of.sli
	}
	for part, hours := range known.series[SeriesID{Key: slo.Key{Service: of.id, SLI: sli}, Definition: t.of.definition}] {
		var sum Counts
		hours.each(t.Span.From, func(hour slo.Minute, c Counts) {
			if !of.excludesSome(hour, hour+hourMinutes) {
				sum.add(c)
			}
		})
		if sum.IsZero() {
			continue
		}
		s := &all[part.Dimension]
		if part.Name == "" {
			s.Other = sum
			continue
		}
		s.Parts = append(s.Parts, SpentPart{Name: part.Name, Counts: sum})
	}
	for i := range all {
		all[i].settle(t.Counts)
	}
	return all
}

// settle orders the parts and leaves the rest as unknown. If more was attributed than
// was counted, the counts were lost or taken back: then nothing is known.
func (s *SpentBy) settle(whole Counts) {
	sum := s.Other
	for _, p := range s.Parts {
		sum.add(p.Counts)
	}
	if sum.Bad > whole.Bad || sum.Good > whole.Good {
		s.Parts, s.Other = nil, Counts{}
		return
	}
	s.Unknown.Good, s.Unknown.Bad = whole.Good-sum.Good, whole.Bad-sum.Bad
	slices.SortFunc(s.Parts, func(a, b SpentPart) int {
		return cmp.Or(cmp.Compare(b.Counts.Bad, a.Counts.Bad), cmp.Compare(b.Counts.Good, a.Counts.Good), cmp.Compare(a.Name, b.Name))
	})
}

// Unattributed returns how many bad events could not be attributed for want of room,
// since the start.
func (l *Ledger) Unattributed() uint64 {
	l.partsMu.Lock()
	defer l.partsMu.Unlock()
	return l.unattributed
}

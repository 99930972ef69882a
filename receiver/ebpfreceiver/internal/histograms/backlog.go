// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// maxMinutes bounds the minutes of a Backlog: a feed that takes nothing for longer
// gets the oldest counts in a later minute than theirs, but gets them.
const maxMinutes = 60

// Backlog holds what became no span, by the minute in which it ended, until a feed
// has taken it: counts that were refused are told again, in their own minutes. It
// is for one goroutine.
type Backlog struct {
	edges   Edges
	minutes map[uint64]*Unspanned // by the minute's number since the epoch
}

// NewBacklog returns an empty Backlog with the edges.
func NewBacklog(edges Edges) *Backlog {
	return &Backlog{edges: edges, minutes: map[uint64]*Unspanned{}}
}

const minuteNs = uint64(time.Minute)

// At returns the counts of the minute that holds the time.
func (b *Backlog) At(unixNano uint64) *Unspanned {
	minute := unixNano / minuteNs
	u := b.minutes[minute]
	if u == nil {
		u = NewUnspanned(b.edges)
		b.minutes[minute] = u
	}
	return u
}

// Count returns how many exchanges are held.
func (b *Backlog) Count() uint64 {
	var n uint64
	for _, u := range b.minutes {
		n += u.Count()
	}
	return n
}

// Take hands over all that is held and leaves the Backlog empty.
func (b *Backlog) Take() *Backlog {
	taken := &Backlog{edges: b.edges, minutes: b.minutes}
	b.minutes = map[uint64]*Unspanned{}
	return taken
}

// Return takes back what was handed over and not taken by the feed.
func (b *Backlog) Return(taken *Backlog) {
	for minute, u := range taken.minutes {
		if have := b.minutes[minute]; have != nil {
			u.Merge(have)
		}
		b.minutes[minute] = u
	}
	all := slices.Sorted(maps.Keys(b.minutes))
	for len(all) > maxMinutes {
		b.minutes[all[1]].Merge(b.minutes[all[0]])
		delete(b.minutes, all[0])
		all = all[1:]
	}
}

// Export writes what is held, the oldest minute first, as delta data points: of the
// minute that now is in since the last export, of the others over that minute.
func (b *Backlog) Export(md pmetric.Metrics, scope, version string, sinceUnixNano, nowUnixNano uint64) {
	for _, minute := range slices.Sorted(maps.Keys(b.minutes)) {
		start, end := minute*minuteNs, minute*minuteNs+minuteNs-1
		if minute == nowUnixNano/minuteNs {
			start, end = sinceUnixNano, nowUnixNano
		}
		b.minutes[minute].Export(md, scope, version, start, end)
	}
}

// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"math"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// position is how far the reading is. Instants are milliseconds since the epoch.
type position struct {
	// origin is from when on all was read, by this selector.
	origin int64
	// through is up to when all was read; samples behind it are seen when they come
	// late, but nobody waits for them.
	through int64
	// read is the end of the latest page.
	read int64
	// reread is up to when pages are read again, as samples came late.
	reread int64
	// taken are the minutes that another feeder counted.
	taken interval
	// historyOnly: the reading ends where taken begins.
	historyOnly bool
}

// interval is [from, to], empty if to is before from.
type interval struct{ from, to slo.Minute }

var nothing = interval{from: 0, to: -1}

func (i interval) empty() bool                { return i.to < i.from }
func (i interval) has(minute slo.Minute) bool { return minute >= i.from && minute <= i.to }

// Extent is what the store holds already: the first minute of which it knows
// anything, and the last one that it counted, before the first if there is none.
type Extent struct {
	First, Last slo.Minute
	// Any: it holds anything at all.
	Any bool
}

// forever is beyond every minute.
const forever = slo.Minute(math.MaxInt64 / 2)

// begin is the position where nothing was read before. Minutes that the store
// holds were counted by somebody else.
func begin(set *Settings, stored Extent) position {
	now := set.Clock()
	p := position{taken: nothing, historyOnly: set.HistoryOnly}
	from := now.Add(-set.History)
	switch {
	case set.HistoryOnly:
		p.taken = interval{from: slo.MinuteOf(now), to: forever}
		if stored.Any {
			p.taken.from = stored.First
		}
	case stored.Any:
		p.taken = interval{from: stored.First, to: stored.Last}
		// Read on where the other one stopped; the samples before tell what to
		// subtract.
		if on := (max(stored.First, stored.Last) + 1).Time().Add(-set.MaxGap); on.Before(from) {
			from = on
		}
		if longest := now.Add(-slo.MaxWindow); from.Before(longest) {
			from = longest
		}
	}
	p.origin = from.UnixMilli()
	p.through, p.read = p.origin, p.origin
	return p
}

// goOn is a position of an earlier run, in this one. Minutes that the store holds
// behind it were counted by somebody else meanwhile.
func (p position) goOn(set *Settings, stored Extent) position {
	if p.historyOnly && !set.HistoryOnly {
		p.historyOnly = false
		p.taken.to = p.taken.from - 1
		if stored.Any {
			p.taken.to = stored.Last
		}
		return p
	}
	if read := slo.MinuteOf(time.UnixMilli(p.read)); !set.HistoryOnly && stored.Any && stored.Last > read {
		from := read + 1
		if !p.taken.empty() && p.taken.to >= slo.MinuteOf(time.UnixMilli(p.through)) {
			from = p.taken.from
		}
		p.taken = interval{from: from, to: stored.Last}
	}
	return p
}

// ended tells whether a reading of history alone has nothing left to read.
func (p position) ended(set *Settings) bool {
	return set.HistoryOnly && (!p.historyOnly || p.through >= p.taken.from.Time().UnixMilli())
}

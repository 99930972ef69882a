// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/internal/slo"
)

// progress is how far commits went.
type progress struct {
	Batch uint64 `json:"batch"` // the last one, 0 before the first
	Until int64  `json:"until"` // when it was closed, in nanoseconds since the Unix epoch
}

func (p progress) minute() slo.Minute { return slo.MinuteOf(time.Unix(0, p.Until)) }

// manifest says which values there are.
type manifest struct {
	// Folded is the last batch that is part of the blocks. Those behind it, up to
	// the progress, are values of their own.
	Folded progress `json:"folded"`
	// Hours have a block, ascending.
	Hours []slo.Minute `json:"hours"`
	// Days have a value that says what their events have in common, ascending.
	Days []slo.Minute `json:"days,omitempty"`
	// Holes are minutes of which counts were lost. No heartbeat makes them
	// measured ones.
	Holes []hole `json:"holes,omitempty"`
}

// hole is the minutes [From, To].
type hole struct {
	From slo.Minute `json:"from"`
	To   slo.Minute `json:"to"`
}

func (m *manifest) clone() *manifest {
	return &manifest{Folded: m.Folded, Hours: slices.Clone(m.Hours), Days: slices.Clone(m.Days), Holes: slices.Clone(m.Holes)}
}

func (m *manifest) addHour(hour slo.Minute) {
	if i, found := slices.BinarySearch(m.Hours, hour); !found {
		m.Hours = slices.Insert(m.Hours, i, hour)
	}
}

func (m *manifest) addDay(day slo.Minute) {
	if i, found := slices.BinarySearch(m.Days, day); !found {
		m.Days = slices.Insert(m.Days, i, day)
	}
}

// hollow tells whether counts of any minute of an hour were lost: what its events had
// in common is then more than what is counted.
func (m *manifest) hollow(hour slo.Minute) bool {
	return slices.ContainsFunc(m.Holes, func(h hole) bool { return h.From < hour+block.MaxWidth && hour <= h.To })
}

func (m *manifest) inHole(minute slo.Minute) bool {
	return slices.ContainsFunc(m.Holes, func(h hole) bool { return h.From <= minute && minute <= h.To })
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"time"

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
	return &manifest{Folded: m.Folded, Hours: slices.Clone(m.Hours), Holes: slices.Clone(m.Holes)}
}

func (m *manifest) addHour(hour slo.Minute) {
	if i, found := slices.BinarySearch(m.Hours, hour); !found {
		m.Hours = slices.Insert(m.Hours, i, hour)
	}
}

func (m *manifest) inHole(minute slo.Minute) bool {
	return slices.ContainsFunc(m.Holes, func(h hole) bool { return h.From <= minute && minute <= h.To })
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

// What a timeline shows adds up to the window, and minutes that nobody measured
// are not measured in it.
func TestTimeline(t *testing.T) {
	now := slo.MinuteOf(time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC))
	id := slo.Service{Name: "shop"}
	key := SeriesID{Key: slo.Key{Service: id, SLI: slo.HTTPAvailability}, Definition: "d"}
	l := NewLedger(func(slo.Service) time.Duration { return 7 * 24 * time.Hour })
	first := now - 2*24*60
	b := &Batch{Until: now.Time(), Sights: []Sight{{Service: id, Instance: "w", Minute: first}}}
	for m := first; m <= now; m++ {
		if now-m >= 600 && now-m < 900 {
			continue // five hours that nobody measured
		}
		b.Heartbeats = append(b.Heartbeats, Heartbeat{Instance: "w", Minute: m})
		b.Increments = append(b.Increments, Increment{Series: key, Minute: m, Counts: Counts{Good: 9, Bad: uint64(m % 2)}})
	}
	l.Apply(b)
	got := l.Timeline(id, slo.HTTPAvailability, now, 1, 84).Stretches
	assert.Len(t, got, 84)
	assert.Equal(t, now-30, got[83].From, "the last stretch holds the open block")
	var sum Counts
	var coverage Coverage
	for i, s := range got {
		sum.add(s.Counts)
		coverage.Elapsed += s.Coverage.Elapsed
		coverage.Measured += s.Coverage.Measured
		if i > 0 {
			assert.Equal(t, got[i-1].From+120, s.From)
		}
		if s.From+120 <= first {
			assert.Zero(t, s.Coverage)
			assert.Zero(t, s.Counts)
		}
		if s.From >= now-900 && s.From+120 <= now-600 {
			assert.Equal(t, Coverage{Elapsed: 120}, s.Coverage)
		}
	}
	assert.Equal(t, l.View(id, now.Time(), time.Minute).Indicators[0].Counts, sum)
	assert.Equal(t, Coverage{Elapsed: 2 * 24 * 60, Measured: 2*24*60 - 300}, coverage)

	out := []Interval{{From: now - 60, To: now - 30}}
	l.SetExclusions(func(slo.Service) []Interval { return out })
	excluded := l.Timeline(id, slo.HTTPAvailability, now, 1, 84)
	assert.Equal(t, out, excluded.Exclusions)
	last, before := excluded.Stretches[82].Counts, got[82].Counts
	assert.Equal(t, Counts{Good: before.Good - 30*9, Bad: before.Bad - 15}, last)

	for _, s := range l.Timeline(slo.Service{Name: "nobody"}, slo.HTTPAvailability, now, 3, 120).Stretches {
		assert.Zero(t, s.Counts)
		assert.Zero(t, s.Coverage)
	}
}

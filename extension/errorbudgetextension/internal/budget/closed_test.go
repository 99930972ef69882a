// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestClosedMinutesAlone(t *testing.T) {
	d := newDesk()
	for m := slo.Minute(0); m < 400; m++ { // beyond the minutes that are held apart
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 10, 1)
		d.flush()
	}
	d.add(start+399, 0, 0)
	now := start + 399 // its minute is open
	lengths := []time.Duration{time.Minute, 5 * time.Minute, time.Hour, 6 * time.Hour, 72 * time.Hour}
	sums := make([]Counts, len(lengths))
	assert.True(t, d.ledger.Closed(shop, slo.HTTPAvailability, now, lengths, sums))
	assert.Equal(t, []Counts{{Good: 10, Bad: 1}, {Good: 50, Bad: 5}, {Good: 600, Bad: 60}, {Good: 3600, Bad: 360}, {Good: 3990, Bad: 399}}, sums)

	assert.False(t, d.ledger.Closed(shop, "none", now, lengths, sums))
	assert.False(t, d.ledger.Closed(slo.Service{Name: "none"}, slo.HTTPAvailability, now, lengths, sums))
	assert.Equal(t, start+399, d.ledger.LastEvent(shop))
	assert.EqualValues(t, -1, d.ledger.LastEvent(slo.Service{Name: "none"}))
}

// Who starts again evaluates minutes of the past before that of now: each as it was
// then, and no later question is answered differently for it.
func TestClosedMinutesOfThePast(t *testing.T) {
	const minutes = 400
	bad := func(m slo.Minute) uint64 { return uint64(m % 7) } // a minute is good with 1 bad of 100, or none
	excluded := func(m slo.Minute) bool { return m >= 340 && m < 345 }
	for _, kept := range []bool{false, true} {
		d, archive := newDesk(), newMemoryArchive()
		if kept {
			d.ledger.UseArchive(archive)
		}
		for m := slo.Minute(0); m < minutes; m++ {
			d.at(time.Duration(m) * time.Minute)
			d.add(start+m, 100-bad(m), bad(m))
			b := d.pending.Drain()
			archive.take(b)
			d.ledger.Apply(b)
		}
		d.ledger.SetExclusions(func(slo.Service) []Interval { return []Interval{{From: start + 340, To: start + 345}} })
		lengths := []time.Duration{5 * time.Minute, time.Hour}
		slice := slo.MustRatio("0.99")
		for _, ago := range []slo.Minute{100, 30, 10, 1, 0} {
			now := slo.Minute(minutes) - ago
			want, judged := make([]Counts, 2), make([]Counts, 2)
			for i, length := range lengths {
				for m := now - slo.Minute(length/time.Minute); m < now; m++ {
					if c := (Counts{Good: 100 - bad(m), Bad: bad(m)}); !excluded(m) {
						want[i].add(c)
						judged[i].add(sliceOf(c, slice))
					}
				}
			}
			got, slices := make([]Counts, 2), make([]Counts, 2)
			assert.True(t, d.ledger.Closed(shop, slo.HTTPAvailability, start+now, lengths, got))
			assert.True(t, d.ledger.ClosedSlices(shop, slo.HTTPAvailability, slice, start+now, lengths, slices))
			assert.Equal(t, want, got, "%d minutes ago", ago)
			assert.Equal(t, judged, slices, "%d minutes ago", ago)
		}
	}
	assert.False(t, newDesk().ledger.ClosedSlices(shop, slo.HTTPAvailability, slo.MustRatio("0.99"), start, nil, nil))
}

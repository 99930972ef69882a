// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// memoryArchive holds what was made durable.
type memoryArchive struct {
	counts map[SeriesID]map[slo.Minute]Counts
	broken bool
	asked  int
}

var errBroken = errors.New("the disk is gone")

func newMemoryArchive() *memoryArchive {
	return &memoryArchive{counts: map[SeriesID]map[slo.Minute]Counts{}}
}

func (a *memoryArchive) take(b *Batch) {
	for _, i := range b.Increments {
		if a.counts[i.Series] == nil {
			a.counts[i.Series] = map[slo.Minute]Counts{}
		}
		c := a.counts[i.Series][i.Minute]
		c.add(i.Counts)
		if !c.IsZero() {
			a.counts[i.Series][i.Minute] = c
		}
	}
}

func (a *memoryArchive) Minutes(series SeriesID, from, to slo.Minute, visit func(slo.Minute, Counts)) error {
	a.asked++
	if a.broken {
		return errBroken
	}
	minutes := slices.Sorted(maps.Keys(a.counts[series]))
	first, _ := slices.BinarySearch(minutes, from)
	for _, minute := range minutes[first:] {
		if minute >= to {
			break
		}
		visit(minute, a.counts[series][minute])
	}
	return nil
}

// sum is what a window has to hold.
func (a *memoryArchive) sum(from, to slo.Minute) Counts {
	var sum Counts
	for minute, c := range a.counts[shopOK] {
		if minute >= from && minute < to {
			sum.add(c)
		}
	}
	return sum
}

// archived is a desk whose Ledger leaves the minutes of the past to an archive.
type archived struct {
	*desk
	archive *memoryArchive
}

func newArchived() *archived {
	d := &archived{desk: newDesk(), archive: newMemoryArchive()}
	d.ledger.UseArchive(d.archive)
	return d
}

func (d *archived) flush() {
	b := d.pending.Drain()
	d.archive.take(b)
	d.ledger.Apply(b)
}

var lengths = []time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour}

// Every window equals the plain sum over the minutes of the archive, whatever
// the order and the lateness of counts, the gaps between them, the moments when
// somebody asks, and however often the archive failed meanwhile.
func TestWindowsOverTheArchive(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	d := newArchived()
	var stuck *Batch
	for step := range 15_000 {
		if r.IntN(300) == 0 {
			d.now = d.now.Add(time.Duration(r.IntN(3*24*60)) * time.Minute)
		}
		if r.IntN(1000) == 0 {
			d.now = d.now.Add(-time.Duration(r.IntN(90)) * time.Minute) // the clock is set back
		}
		d.now = d.now.Add(time.Duration(r.IntN(5)) * time.Minute)
		now := slo.MinuteOf(d.now)
		minute := now
		if r.IntN(4) == 0 {
			minute -= slo.Minute(r.IntN(maxLateness + 1))
		}
		d.add(minute, r.Uint64N(100_000), r.Uint64N(3))
		switch {
		case r.IntN(2000) == 0 && stuck == nil: // storage refuses a batch for long
			stuck = d.pending.Drain()
		case r.IntN(500) == 0 && stuck != nil:
			stuck.Until = d.now
			d.archive.take(stuck)
			d.ledger.Apply(stuck)
			stuck = nil
		case r.IntN(3) == 0:
			d.flush()
		}
		if r.IntN(400) != 0 {
			continue
		}
		d.flush()
		d.archive.broken = r.IntN(3) == 0
		broken := make([]Counts, len(lengths))
		require.True(t, d.ledger.Closed(shop, slo.HTTPAvailability, now, lengths, broken))
		d.archive.broken = false
		got := make([]Counts, len(lengths))
		require.True(t, d.ledger.Closed(shop, slo.HTTPAvailability, now, lengths, got))
		for i, length := range lengths {
			from := now - slo.Minute(length/time.Minute)
			require.Equal(t, d.archive.sum(from, now), got[i], "step %d, %s", step, length)
		}
		// Never less than the truth while the archive is broken, and a block more
		// at most, unless it is a window that reaches back farther than memory.
		for i, length := range lengths[:len(lengths)-1] {
			from := now - slo.Minute(length/time.Minute)
			require.GreaterOrEqual(t, broken[i].Good, got[i].Good, "step %d, %s", step, length)
			require.LessOrEqual(t, broken[i].Good, d.archive.sum(from-blockMinutes, now).Good, "step %d, %s", step, length)
		}
	}
	failures := d.ledger.ArchiveFailures()
	assert.Positive(t, failures)
	again := NewLedger(month).Restore(d.now)
	again.Inherit(d.ledger)
	assert.Equal(t, failures, again.ledger.ArchiveFailures(), "a counter does not go back")
	assert.Positive(t, d.series().blocks.n)
}

// A ledger over an archive answers as one that keeps every minute, about what is
// to come too.
func TestArchiveChangesNoAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	plain, cold := newDesk(), newArchived()
	for range 4_000 {
		since := plain.now.Sub(start.Time()) + time.Duration(r.IntN(40))*time.Minute
		plain.at(since)
		cold.at(since)
		good, bad := r.Uint64N(1000), r.Uint64N(20)
		minute := slo.MinuteOf(plain.now) - slo.Minute(r.IntN(60))
		plain.add(minute, good, bad)
		cold.add(minute, good, bad)
		plain.flush()
		cold.flush()
		if r.IntN(100) > 0 {
			continue
		}
		want := plain.ledger.View(shop, plain.now, time.Minute).Indicators[0]
		got := cold.ledger.View(shop, cold.now, time.Minute).Indicators[0]
		require.Equal(t, want.Counts, got.Counts)
		for limit := want.Counts.Bad; ; limit /= 2 {
			require.Equal(t, want.BadFallsTo(limit), got.BadFallsTo(limit), "to %d", limit)
			if limit == 0 {
				break
			}
		}
	}
}

// What was restored answers as what was counted.
func TestRestoreOverTheArchive(t *testing.T) {
	d := newArchived()
	for m := range slo.Minute(5 * 24 * 60) {
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 100, uint64(m%7))
		d.flush()
	}
	again := NewLedger(month)
	again.UseArchive(d.archive)
	restorer := again.Restore(d.now)
	for _, minute := range slices.Sorted(maps.Keys(d.archive.counts[shopOK])) {
		restorer.Increment(Increment{Series: shopOK, Minute: minute, Counts: d.archive.counts[shopOK][minute]})
	}
	want, got := make([]Counts, len(lengths)), make([]Counts, len(lengths))
	d.ledger.Closed(shop, slo.HTTPAvailability, slo.MinuteOf(d.now), lengths, want)
	again.Closed(shop, slo.HTTPAvailability, slo.MinuteOf(d.now), lengths, got)
	assert.Equal(t, want, got)
}

// The archive is asked once in half an hour and window at most, and not at all for
// windows of the recent hours.
func TestArchiveIsAskedSeldom(t *testing.T) {
	d := newArchived()
	into := make([]Counts, 3)
	for m := range slo.Minute(10 * 24 * 60) {
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 100, 1)
		d.flush()
		if m > 9*24*60 {
			d.ledger.Closed(shop, slo.HTTPAvailability, start+m, []time.Duration{time.Hour, 6 * time.Hour, 7 * 24 * time.Hour}, into)
		}
	}
	assert.LessOrEqual(t, d.archive.asked, 2*24*60/edgeMinutes+2)
	assert.Len(t, d.series().windows, 3)
	assert.LessOrEqual(t, len(d.series().hot), 2*hotMinutes)
	assert.LessOrEqual(t, int(d.series().old.n), warmMinutes+2*blockMinutes)
}

func TestBlocksArePacked(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	var h blocks
	var want []block
	for number := int64(1000); len(want) < 3000; number++ {
		if r.IntN(10) == 0 {
			number += r.Int64N(1000)
		}
		e := block{number: number, counts: Counts{Good: r.Uint64N(1 << r.UintN(63)), Bad: r.Uint64N(1 << r.UintN(20))}}
		if r.IntN(20) == 0 {
			e.counts.Uncertain = r.Uint64N(1 << r.UintN(40))
		}
		h.push(e)
		want = append(want, e)
		if r.IntN(3) == 0 {
			h.pop()
			want = want[1:]
		}
	}
	require.Equal(t, want, h.all())
	i := r.IntN(len(want))
	h.amend(want[i].number, Counts{Bad: 5})
	want[i].counts.Bad += 5
	require.Equal(t, want, h.all())
	for range len(want) {
		p := h.seek(blockPlace{}, want[0].start()+30)
		e, _, ok := h.next(p)
		require.True(t, ok)
		require.Equal(t, want[0], e, "a block holds its minutes")
		h.pop()
		want = want[1:]
	}
	h.pop()
	assert.Empty(t, h.all())

	var busy blocks
	for number := range int64(360) {
		busy.push(block{number: 200_000 + number, counts: Counts{Good: 7_200_000, Bad: 200}})
	}
	assert.LessOrEqual(t, len(busy.buf), 360*5+8, "five bytes a block at a thousand requests a second")
}

// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// blockingArchive is a disk that is slow: somebody asks the Ledger meanwhile.
type blockingArchive struct {
	*memoryArchive
	meanwhile func()
}

func (a *blockingArchive) Minutes(id SeriesID, from, to slo.Minute, visit func(slo.Minute, Counts)) error {
	if a.meanwhile != nil {
		a.meanwhile()
	}
	return a.memoryArchive.Minutes(id, from, to, visit)
}

// newSlow holds four days of minutes, of which the archive has the first ones.
func newSlow(t *testing.T) (*archived, *blockingArchive) {
	t.Helper()
	d := &archived{desk: newDesk(), archive: newMemoryArchive()}
	slow := &blockingArchive{memoryArchive: d.archive}
	d.ledger.UseArchive(slow)
	for m := range slo.Minute(4 * 24 * 60) {
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 10, 1)
		d.flush()
	}
	return d, slow
}

// Nobody waits for the archive who does not ask it.
func TestTheArchiveHoldsNobodyUp(t *testing.T) {
	d, slow := newSlow(t)
	now := slo.MinuteOf(d.now)
	asked := 0
	slow.meanwhile = func() {
		asked++
		require.True(t, d.ledger.shardOf(shop.Name).mu.TryLock(), "the lock is free")
		d.ledger.shardOf(shop.Name).mu.Unlock()
	}
	into := make([]Counts, 2)
	require.True(t, d.ledger.Closed(shop, slo.HTTPAvailability, now, []time.Duration{50*time.Hour + time.Minute, 70*time.Hour + time.Minute}, into))
	assert.Equal(t, []Counts{{Good: 10 * 3001, Bad: 3001}, {Good: 10 * 4201, Bad: 4201}}, into)
	assert.Equal(t, 2, asked)
	tally, ok := d.ledger.View(shop, d.now, time.Minute).Indicators[0].Tally(slo.RollingWindow(3*24*time.Hour), slo.MustRatio("0.9"))
	require.True(t, ok)
	assert.Equal(t, Counts{Good: 3*24*60 + 1}, tally.Counts)
	assert.Zero(t, d.ledger.ArchiveFailures())
}

// Counts that come into the past while the archive reads it are in the answer.
func TestTheArchiveIsAskedAgainAfterALateCount(t *testing.T) {
	d, slow := newSlow(t)
	times := 0
	slow.meanwhile = func() {
		if times++; times > 2 {
			return
		}
		late := &Batch{Until: d.now, Increments: []Increment{{Series: shopOK, Minute: start + 200, Counts: Counts{Bad: 1000}}}}
		d.archive.take(late)
		d.ledger.Apply(late)
	}
	v := d.ledger.View(shop, d.now, time.Minute).Indicators[0]
	tally, ok := v.Tally(slo.RollingWindow(7*24*time.Hour), slo.MustRatio("0.9"))
	require.True(t, ok)
	assert.Equal(t, Counts{Good: 4*24*60 - 1, Bad: 1}, tally.Counts, "the minute is judged with what came late")
}

// An archive that fails for good is a failure, and is asked once a question.
func TestTheArchiveFails(t *testing.T) {
	d, _ := newSlow(t)
	d.archive.broken = true
	v := d.ledger.View(shop, d.now, time.Minute).Indicators[0]
	before := d.ledger.ArchiveFailures()
	_, ok := v.Tally(slo.RollingWindow(7*24*time.Hour), slo.MustRatio("0.9"))
	assert.False(t, ok)
	assert.Equal(t, before+1, d.ledger.ArchiveFailures())
}

// What was counted in minutes of the past is read while nobody waits, is the plain
// sum as far as the window reaches, and is unknown while the archive fails.
func TestBetweenReadsThePast(t *testing.T) {
	d, slow := newSlow(t)
	tally, ok := d.ledger.View(shop, d.now, time.Minute).Indicators[0].Tally(slo.RollingWindow(3*24*time.Hour), slo.Ratio{})
	require.True(t, ok)
	asked := 0
	slow.meanwhile = func() {
		asked++
		require.True(t, d.ledger.shardOf(shop.Name).mu.TryLock(), "the lock is free")
		d.ledger.shardOf(shop.Name).mu.Unlock()
	}
	got, known := tally.Between(Interval{From: start, To: slo.MinuteOf(d.now) - 1000})
	require.True(t, known)
	assert.Equal(t, d.archive.sum(tally.Span.From, slo.MinuteOf(d.now)-1000), got)
	assert.Equal(t, 1, asked)
	got, known = tally.Between(Interval{From: slo.MinuteOf(d.now) - 1000, To: slo.MinuteOf(d.now) + 1})
	require.True(t, known)
	assert.Equal(t, Counts{Good: 10 * 1001, Bad: 1001}, got, "minutes of the archive and those of memory")
	d.archive.broken = true
	_, known = tally.Between(Interval{From: start, To: slo.MinuteOf(d.now)})
	assert.False(t, known)
}

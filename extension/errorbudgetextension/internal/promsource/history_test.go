// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// steady counts ten events a minute, of which the first sample is zero.
func steady(from, to time.Duration) *fakeSeries {
	f := counted("shop", "http_availability", "good", "a")
	for i, now := int64(0), at(from); now < at(to); i, now = i+1, now+min1 {
		f.add(now+sec, uint64(i*10))
	}
	return f
}

func (b *bed) stored(from, to time.Duration) {
	for m := slo.MinuteOf(noon.Add(from)); m < slo.MinuteOf(noon.Add(to)); m++ {
		b.counts[minuteOf{budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: "shop"}, SLI: "http_availability"}, Definition: "d"}, m}] = budget.Counts{Good: 1}
	}
}

// A new store begins with what Prometheus has of the past.
func TestHistory(t *testing.T) {
	b := newBed(t, steady(-3*time.Hour, time.Hour))
	b.set.History = 2 * time.Hour
	require.NoError(t, b.start())
	b.follow(at(time.Hour))
	// The sample at the start of the two hours is the baseline.
	assert.Equal(t, budget.Counts{Good: 10 * (180 - 1)}, b.sum("shop", "http_availability"))
	assert.Zero(t, b.minute("shop", "http_availability", -120))
	assert.Equal(t, budget.Counts{Good: 10}, b.minute("shop", "http_availability", -119))
	assert.EqualValues(t, 600, b.tally.Uncounted[Baseline])
	assert.Equal(t, -120, b.measured("a")[0])
}

// A store that another feeder filled is continued behind its newest minute.
func TestAStoreThatWasFilledIsContinued(t *testing.T) {
	b := newBed(t, steady(-3*time.Hour, time.Hour))
	b.set.History = 150 * time.Minute
	b.stored(-2*time.Hour, -time.Hour)
	require.NoError(t, b.start())
	b.follow(at(time.Hour))
	for m := -149; m < 60; m++ {
		want := budget.Counts{Good: 10}
		if m >= -120 && m < -60 {
			want.Good = 1
		}
		require.Equal(t, want, b.minute("shop", "http_availability", m), m)
	}
	assert.EqualValues(t, 600, b.tally.Uncounted[CountedBefore])

	// Without a history the reading goes on where the other feeder stopped.
	short := newBed(t, steady(-3*time.Hour, time.Hour))
	short.stored(-2*time.Hour, -time.Hour)
	require.NoError(t, short.start())
	short.follow(at(time.Hour))
	assert.Equal(t, budget.Counts{Good: 1}, short.minute("shop", "http_availability", -61))
	assert.Equal(t, budget.Counts{Good: 10}, short.minute("shop", "http_availability", -60))
	assert.Zero(t, short.minute("shop", "http_availability", -121))
}

// Another feeder counted for a while between two runs.
func TestAnotherFeederInBetween(t *testing.T) {
	b := newBed(t, steady(0, 3*time.Hour))
	require.NoError(t, b.start())
	b.follow(at(time.Hour))
	b.stored(70*time.Minute, 80*time.Minute)
	b.now = at(2 * time.Hour)
	require.NoError(t, b.start())
	b.follow(at(3 * time.Hour))
	assert.Equal(t, budget.Counts{Good: 10}, b.minute("shop", "http_availability", 59))
	assert.Equal(t, budget.Counts{Good: 1}, b.minute("shop", "http_availability", 75))
	assert.Equal(t, budget.Counts{Good: 10}, b.minute("shop", "http_availability", 80))
	// What lies between the runs may be either's; it is left out.
	assert.Zero(t, b.minute("shop", "http_availability", 65))
}

// History alone ends where the other feeder's counts begin, and is read once.
func TestHistoryAloneEndsWhereCountsBegin(t *testing.T) {
	b := newBed(t, steady(-3*time.Hour, time.Hour))
	b.set.History, b.set.HistoryOnly = 150*time.Minute, true
	b.stored(-time.Hour, 0)
	require.NoError(t, b.start())
	assert.Equal(t, 90*time.Minute, b.reader.Left(noon))
	b.read(at(0))
	require.True(t, b.reader.at.ended(b.reader.set))
	assert.Zero(t, b.reader.Left(noon.Add(time.Hour)))
	for m := -149; m < 0; m++ {
		want := budget.Counts{Good: 10}
		if m >= -60 {
			want.Good = 1
		}
		require.Equal(t, want, b.minute("shop", "http_availability", m), m)
	}
	require.NotEmpty(t, b.reports)
	assert.True(t, b.reports[len(b.reports)-1].CaughtUp)
	asked := len(b.asked)
	b.now = at(time.Hour)
	require.NoError(t, b.start())
	b.read(at(time.Hour))
	assert.Len(t, b.asked, asked, "it is not read again")

	// Later the same store follows Prometheus: what the other one counted stays.
	b.stored(0, 30*time.Minute)
	b.set.HistoryOnly = false
	require.NoError(t, b.start())
	b.read(at(time.Hour))
	assert.Equal(t, budget.Counts{Good: 10}, b.minute("shop", "http_availability", -61))
	assert.Equal(t, budget.Counts{Good: 1}, b.minute("shop", "http_availability", -60))
	assert.Equal(t, budget.Counts{Good: 1}, b.minute("shop", "http_availability", 29))
	assert.Equal(t, budget.Counts{Good: 10}, b.minute("shop", "http_availability", 30))
}

// The read of history goes on after a crash.
func TestHistoryGoesOnAfterACrash(t *testing.T) {
	b := newBed(t, steady(-48*time.Hour, 0))
	b.set.History, b.set.HistoryOnly = 50*time.Hour, true
	for ; ; b.now += min1 / 4 {
		require.NoError(t, b.start())
		if b.reader.at.ended(b.reader.set) {
			break
		}
		_, err := b.reader.step(t.Context())
		require.NoError(t, err)
	}
	assert.Equal(t, budget.Counts{Good: 10 * (48*60 - 1)}, b.sum("shop", "http_availability"))
}

// Series that another selector selects are not those of before: nothing of them is
// taken for an increase.
func TestAnotherSelector(t *testing.T) {
	b := newBed(t, steady(0, 2*time.Hour))
	require.NoError(t, b.start())
	b.follow(at(time.Hour))
	before := b.sum("shop", "http_availability")
	b.set.Selector = `sli_events_total{cluster="eu"}`
	b.series[0].labels[1].Value = "another"
	require.ErrorIs(t, b.start(), errSelection)
	b.follow(at(2 * time.Hour))
	// The sample of 12:59:01 is within the overlap: read again, it is the baseline.
	assert.Equal(t, budget.Counts{Good: before.Good + 600}, b.sum("shop", "http_availability"))
	assert.EqualValues(t, 590, b.tally.Uncounted[Baseline])
}

func TestACursorThatCannotBeRead(t *testing.T) {
	b := newBed(t, steady(0, 2*time.Hour))
	require.NoError(t, b.start())
	b.follow(at(time.Hour))
	whole := b.cursor
	for _, broken := range [][]byte{{}, {9}, whole[:len(whole)-1], append(append([]byte(nil), whole...), 0)} {
		b.cursor = broken
		require.ErrorIs(t, b.start(), errCursor)
	}
	// It goes on behind what the store holds, and counts nothing twice.
	b.follow(at(2 * time.Hour))
	for m := 1; m < 120; m++ {
		require.Equal(t, budget.Counts{Good: 10}, b.minute("shop", "http_availability", m), m)
	}
}

func FuzzCursor(f *testing.F) {
	set := Settings{Selector: "s"}
	p := position{origin: 1, through: 2, read: 3, reread: 4, taken: interval{5, forever}, historyOnly: true}
	f.Add(appendCursor(nil, set.selection(), p, map[seriesID]counter{{1}: {millis: 7, value: 1 << 60, sighted: true}, {2}: {}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		selection, p, counters, err := readCursor(raw)
		if err != nil {
			return
		}
		_, q, again, err := readCursor(appendCursor(nil, selection, p, counters))
		require.NoError(t, err)
		assert.Equal(t, p, q)
		assert.Equal(t, counters, again)
	})
}

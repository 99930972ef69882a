// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

const sec, min1 = int64(1000), int64(60_000)

// Zeros come first; each increase counts in the minute of its sample.
func TestIncreasesCountInTheMinuteOfTheirSample(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a").add(at(0)+5*sec, 0).add(at(0)+35*sec, 100).add(at(0)+65*sec, 150)
	bad := counted("shop", "http_availability", "bad", "a").add(at(0)+5*sec, 0).add(at(0)+35*sec, 0).add(at(0)+65*sec, 7)
	b := newBed(t, good, bad)
	require.NoError(t, b.start())
	b.follow(at(2 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 100}, b.minute("shop", "http_availability", 0))
	assert.Equal(t, budget.Counts{Good: 50, Bad: 7}, b.minute("shop", "http_availability", 1))
	assert.Equal(t, []int{0, 1}, b.measured("a"))
	assert.Equal(t, []budget.Sight{{Service: slo.Service{Name: "shop"}, Instance: "a", Minute: slo.MinuteOf(noon)}}, b.sights[:1])
	assert.Equal(t, at(2*time.Minute), b.until.UnixMilli())
	assert.Zero(t, b.tally)
}

// Read again, read in small pages or in one, counts are the same.
func TestASampleIsReadOnce(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a")
	for i := range int64(240) {
		good.add(at(0)+i*15*sec, uint64(i*10))
	}
	b := newBed(t, good)
	require.NoError(t, b.start())
	b.follow(at(time.Hour))
	assert.Equal(t, budget.Counts{Good: 2390}, b.sum("shop", "http_availability"))
	whole := newBed(t, good)
	require.NoError(t, whole.start())
	whole.read(at(time.Hour))
	assert.Equal(t, b.counts, whole.counts)
	assert.Equal(t, b.beats, whole.beats)
}

func TestResetsOfACounter(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a").add(at(0), 0).add(at(0)+15*sec, 100).add(at(0)+30*sec, 30).add(at(0)+45*sec, 31)
	b := newBed(t, good)
	require.NoError(t, b.start())
	b.follow(at(time.Minute))
	assert.Equal(t, budget.Counts{Good: 131}, b.sum("shop", "http_availability"))
	assert.EqualValues(t, 1, b.tally.Resets)
}

// What a counter held when the reading began is a baseline: of no minute.
func TestWhatWasCountedBeforeTheReadingIsABaseline(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a").add(at(0)+sec, 1000).add(at(0)+16*sec, 1010)
	b := newBed(t, good)
	require.NoError(t, b.start())
	b.follow(at(time.Minute))
	assert.Equal(t, budget.Counts{Good: 10}, b.sum("shop", "http_availability"))
	assert.EqualValues(t, 1000, b.tally.Uncounted[Baseline])
}

// A series that appears later with events already is no proof that they are new:
// they are uncertain, and neither good nor bad.
func TestTheFirstSampleIsUncertainUnlessItIsZero(t *testing.T) {
	bad := counted("shop", "http_availability", "bad", "b").add(at(10*time.Minute), 5).add(at(10*time.Minute)+15*sec, 6)
	zero := counted("shop", "http_availability", "good", "b").add(at(10*time.Minute), 0).add(at(10*time.Minute)+15*sec, 4)
	b := newBed(t, bad, zero)
	require.NoError(t, b.start())
	b.follow(at(11 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 4, Bad: 1, Uncertain: 5}, b.sum("shop", "http_availability"))
	assert.EqualValues(t, 5, b.tally.Uncounted[Unproven])

	promised := newBed(t, bad, zero)
	promised.set.FromZero = true
	require.NoError(t, promised.start())
	promised.follow(at(11 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 4, Bad: 6}, promised.sum("shop", "http_availability"))
	assert.Zero(t, promised.tally)
}

// Minutes without samples are no measured ones; events of them count all the same,
// where the next sample is.
func TestGapsAreNotMeasured(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a").
		add(at(0), 0).add(at(90*time.Second), 10).add(at(10*time.Minute), 500).add(at(11*time.Minute), 500)
	b := newBed(t, good)
	require.NoError(t, b.start())
	b.follow(at(12 * time.Minute))
	assert.Equal(t, []int{0, 1, 10, 11}, b.measured("a"), "90 seconds are no gap, eight minutes are")
	assert.Equal(t, budget.Counts{Good: 490}, b.minute("shop", "http_availability", 10))
}

// Several collectors count for one service, and each has its own minutes.
func TestReplicasAddUp(t *testing.T) {
	b := newBed(t,
		counted("shop", "http_availability", "good", "a").add(at(0), 0).add(at(0)+15*sec, 10),
		counted("shop", "http_availability", "good", "b").add(at(0)+sec, 0).add(at(0)+16*sec, 30).add(at(0)+76*sec, 31),
	)
	require.NoError(t, b.start())
	b.follow(at(2 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 40}, b.minute("shop", "http_availability", 0))
	assert.Equal(t, []int{0}, b.measured("a"))
	assert.Equal(t, []int{0, 1}, b.measured("b"))
}

// While Prometheus is away nothing is measured; what it scraped meanwhile is read
// when it is back, into its own minutes.
func TestCatchesUpWhenPrometheusIsBack(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a")
	for i := range int64(40) {
		good.add(at(0)+i*30*sec, uint64(i))
	}
	b := newBed(t, good)
	require.NoError(t, b.start())
	b.follow(at(2 * time.Minute))
	b.away = errAway
	b.now = at(10 * time.Minute)
	_, err := b.reader.step(context.Background())
	require.ErrorIs(t, err, errAway)
	assert.Equal(t, at(2*time.Minute), b.until.UnixMilli(), "durable through what was read")
	assert.Equal(t, []int{0, 1, 2}, b.measured("a"))
	b.away = nil
	b.read(at(20 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 39}, b.sum("shop", "http_availability"))
	assert.Equal(t, budget.Counts{Good: 2}, b.minute("shop", "http_availability", 7))
	assert.Len(t, b.measured("a"), 20)
}

// Samples that come late, as a remote write does that was interrupted, are found in
// their own minutes when the series is back.
func TestLateSamplesCountInTheirOwnMinute(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a")
	for i := range int64(80) {
		seen := at(0) + i*15*sec
		if minute := i / 4; minute >= 5 && minute < 15 {
			seen = at(15 * time.Minute)
		}
		good.late(at(0)+i*15*sec, uint64(i), seen)
	}
	b := newBed(t, good)
	require.NoError(t, b.start())
	b.follow(at(20 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 79}, b.sum("shop", "http_availability"))
	for minute := 1; minute < 20; minute++ {
		assert.Equal(t, budget.Counts{Good: 4}, b.minute("shop", "http_availability", minute), minute)
	}
	assert.Len(t, b.measured("a"), 20)
	assert.Less(t, len(b.asked), 100, "one read more, not one each time")
}

// A sample behind one that was read is of no use, and harmless.
func TestOutOfOrderSamplesChangeNoSum(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a").
		add(at(0), 0).late(at(0)+15*sec, 5, at(0)+50*sec).add(at(0)+30*sec, 10).add(at(0)+45*sec, 15)
	b := newBed(t, good)
	require.NoError(t, b.start())
	b.follow(at(2 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 15}, b.sum("shop", "http_availability"))
	assert.Zero(t, b.tally)
}

func TestWhatIsNoCountIsRefused(t *testing.T) {
	fraction := counted("shop", "http_availability", "good", "a").add(at(0), 0)
	fraction.samples = append(fraction.samples, arrival{promapi.Sample{Millis: at(0) + 15*sec}, 0})
	fraction.add(at(0)+30*sec, 2)
	b := newBed(t, fraction,
		counted("", "http_availability", "good", "a").add(at(0), 1),
		counted("shop", "", "good", "a").add(at(0), 1),
		counted("shop", "http_availability", "excluded", "a").add(at(0), 1).add(at(0)+15*sec, 2),
		counted("shop", "http_availability", "bad", "a").add(at(0), 0).add(at(0)+15*sec, 1<<41),
	)
	require.NoError(t, b.start())
	b.read(at(time.Minute))
	assert.Equal(t, budget.Counts{Good: 2}, b.sum("shop", "http_availability"))
	assert.EqualValues(t, 4, b.tally.Refused[UnknownLabels])
	assert.EqualValues(t, 1, b.tally.Refused[NotACount])
	assert.EqualValues(t, 1<<41, b.tally.Uncounted[Implausible])
}

func TestSeriesAreBounded(t *testing.T) {
	b := newBed(t,
		counted("a", "http_availability", "good", "a").add(at(0), 0).add(at(0)+15*sec, 1),
		counted("b", "http_availability", "good", "a").add(at(0), 0).add(at(0)+15*sec, 1),
		counted("c", "http_availability", "good", "a").add(at(0), 0).add(at(0)+15*sec, 1),
	)
	b.set.MaxSeries = 2
	require.NoError(t, b.start())
	b.follow(at(0) + 15*sec)
	assert.Equal(t, budget.Counts{Good: 1}, b.sum("b", "http_availability"))
	assert.Zero(t, b.sum("c", "http_availability"))
	assert.Positive(t, b.tally.Refused[TooManySeries])
	assert.Equal(t, 2, b.reader.Series())
}

// A threshold that changes begins another series, from the next sample on.
func TestADefinitionThatChanges(t *testing.T) {
	b := newBed(t, counted("shop", "http_latency", "good", "a").add(at(0), 0).add(at(0)+15*sec, 3).add(at(time.Minute), 3).add(at(2*time.Minute), 5))
	definition := slo.Definition("old")
	b.set.Definition = func(slo.Key) slo.Definition { return definition }
	require.NoError(t, b.start())
	b.follow(at(0) + 30*sec)
	definition = "new"
	b.follow(at(2 * time.Minute))
	key := slo.Key{Service: slo.Service{Name: "shop"}, SLI: "http_latency"}
	zero, known := b.counts[minuteOf{budget.SeriesID{Key: key, Definition: "new"}, slo.MinuteOf(noon) + 1}]
	assert.True(t, known, "it is known before it counts")
	assert.Zero(t, zero)
	assert.Equal(t, budget.Counts{Good: 2}, b.counts[minuteOf{budget.SeriesID{Key: key, Definition: "new"}, slo.MinuteOf(noon) + 2}])
	assert.Equal(t, budget.Counts{Good: 3}, b.counts[minuteOf{budget.SeriesID{Key: key, Definition: "old"}, slo.MinuteOf(noon)}])
}

// Pages are halved when they cannot be had, and grow again.
func TestPagesFitWhatPrometheusGives(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a")
	for i := range int64(2 * 1440) {
		good.add(at(-48*time.Hour)+i*min1, uint64(i))
	}
	b := newBed(t, good)
	b.set.History = 48 * time.Hour
	longest := int64(0)
	b.set.Samples = func(ctx context.Context, from, to int64, visit func(promapi.Series) error) error {
		if to-from > 20*min1 {
			return errors.New("query processing would load too many samples into memory")
		}
		longest = max(longest, to-from)
		return b.samples(ctx, from, to, visit)
	}
	require.NoError(t, b.start())
	failures := 0
	for {
		more, err := b.reader.step(context.Background())
		if err != nil {
			failures++
		} else if !more {
			break
		}
	}
	assert.Equal(t, budget.Counts{Good: 2*1440 - 1}, b.sum("shop", "http_availability"))
	assert.Equal(t, 20*min1, longest)
	assert.Positive(t, failures)
	require.NotEmpty(t, b.reports)
	assert.True(t, b.reports[len(b.reports)-1].CaughtUp)
}

// Run reads at once and again, reports what fails, and ends with its context.
func TestRun(t *testing.T) {
	b := newBed(t, counted("shop", "http_availability", "good", "a").add(at(-time.Minute), 0).add(at(-30*time.Second), 9))
	b.set.History = time.Hour
	b.set.Interval = time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	var outcomes []error
	calls := 0
	b.set.Samples = func(ctx context.Context, from, to int64, visit func(promapi.Series) error) error {
		if calls++; calls == 1 {
			return errAway
		}
		return b.samples(ctx, from, to, visit)
	}
	b.set.Report = func(err error) {
		if outcomes = append(outcomes, err); len(outcomes) == 12 {
			cancel()
		}
	}
	require.NoError(t, b.start())
	b.reader.Run(ctx)
	assert.ErrorIs(t, outcomes[0], errAway)
	assert.NoError(t, outcomes[11])
	assert.Equal(t, budget.Counts{Good: 9}, b.sum("shop", "http_availability"))
	assert.Zero(t, b.reader.Left(noon))
	assert.Equal(t, time.Minute, b.reader.Left(noon.Add(time.Minute)))
}

// Events that could not be judged count as such, over resets, and once.
func TestUncertainEvents(t *testing.T) {
	good := counted("shop", "http_availability", "good", "a").add(at(0), 0).add(at(0)+15*sec, 100)
	unsure := unjudged("shop", "http_availability", "a").
		add(at(0), 0).add(at(0)+15*sec, 4).add(at(time.Minute), 6).add(at(2*time.Minute), 3)
	b := newBed(t, good, unsure)
	require.NoError(t, b.start())
	b.follow(at(3 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 100, Uncertain: 4}, b.minute("shop", "http_availability", 0))
	assert.Equal(t, budget.Counts{Uncertain: 2}, b.minute("shop", "http_availability", 1))
	assert.Equal(t, budget.Counts{Uncertain: 3}, b.minute("shop", "http_availability", 2))
	assert.Equal(t, Tally{Resets: 1}, b.tally)

	// Without the metric's name a series without an outcome is none of ours.
	unnamed := newBed(t, good, unsure)
	unnamed.set.Uncertain = ""
	require.NoError(t, unnamed.start())
	unnamed.follow(at(3 * time.Minute))
	assert.Equal(t, budget.Counts{Good: 100}, unnamed.sum("shop", "http_availability"))
	assert.NotZero(t, unnamed.tally.Refused[UnknownLabels])
}

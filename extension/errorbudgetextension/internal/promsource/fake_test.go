// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is an instant after noon, in milliseconds.
func at(d time.Duration) int64 { return noon.Add(d).UnixMilli() }

// fakeSeries is a series as Prometheus keeps it.
type fakeSeries struct {
	labels  []promapi.Label
	samples []arrival
}

// arrival is a sample, and when it can be read.
type arrival struct {
	promapi.Sample
	seen int64
}

// counted makes a series of sli_events_total.
func counted(service, sli, outcome, instance string) *fakeSeries {
	return &fakeSeries{labels: []promapi.Label{
		{Name: "__name__", Value: "sli_events_total"}, {Name: "instance", Value: instance}, {Name: "service_name", Value: service},
		{Name: "sli_name", Value: sli}, {Name: "sli_outcome", Value: outcome},
	}}
}

// unjudged makes a series of sli_uncertain_total.
func unjudged(service, sli, instance string) *fakeSeries {
	return &fakeSeries{labels: []promapi.Label{
		{Name: "__name__", Value: "sli_uncertain_total"}, {Name: "instance", Value: instance}, {Name: "service_name", Value: service},
		{Name: "sli_name", Value: sli},
	}}
}

func (f *fakeSeries) add(millis int64, count uint64) *fakeSeries {
	return f.late(millis, count, millis)
}

func (f *fakeSeries) late(millis int64, count uint64, seen int64) *fakeSeries {
	f.samples = append(f.samples, arrival{promapi.Sample{Millis: millis, Count: count, Whole: true}, seen})
	return f
}

// bed is a Reader between a Prometheus and a store that the test looks into.
type bed struct {
	t      *testing.T
	set    Settings
	series []*fakeSeries
	now    int64

	reader  *Reader
	cursor  []byte
	counts  map[minuteOf]budget.Counts
	beats   map[budget.Heartbeat]bool
	sights  []budget.Sight
	tally   Tally
	until   time.Time
	asked   [][2]int64
	reports []Progress

	away, full error
}

var errAway = errors.New("connection refused")

func newBed(t *testing.T, series ...*fakeSeries) *bed {
	b := &bed{t: t, series: series, now: at(0), counts: map[minuteOf]budget.Counts{}, beats: map[budget.Heartbeat]bool{}}
	b.set = Settings{
		Samples:    b.samples,
		Selector:   "sli_events_total",
		Uncertain:  "sli_uncertain_total",
		Labels:     Labels{Service: "service_name", Namespace: "service_namespace", Environment: "deployment_environment_name", SLI: "sli_name", Outcome: "sli_outcome", Writer: []string{"service_instance_id", "instance"}},
		Definition: func(slo.Key) slo.Definition { return "d" },
		Deliver:    b.deliver,
		Clock:      func() time.Time { return time.UnixMilli(b.now).UTC() },
		Interval:   15 * time.Second, Overlap: time.Minute, MaxGap: 2 * time.Minute, MaxSeries: 1000,
		Report: func(error) {},
		Told: func(t Tally) {
			for i, n := range t.Uncounted {
				b.tally.Uncounted[i] += n
			}
			for i, n := range t.Refused {
				b.tally.Refused[i] += n
			}
			b.tally.Resets += t.Resets
		},
		Progress: func(p Progress) { b.reports = append(b.reports, p) },
	}
	return b
}

func (b *bed) samples(_ context.Context, from, to int64, visit func(promapi.Series) error) error {
	if b.away != nil {
		return b.away
	}
	b.asked = append(b.asked, [2]int64{from, to})
	for _, f := range b.series {
		out := promapi.Series{Labels: f.labels}
		for _, s := range f.samples {
			if s.Millis >= from && s.Millis <= to && s.seen <= b.now {
				out.Samples = append(out.Samples, s.Sample)
			}
		}
		slices.SortFunc(out.Samples, func(a, b promapi.Sample) int { return int(a.Millis - b.Millis) })
		if len(out.Samples) > 0 {
			if err := visit(out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bed) deliver(_ context.Context, batch *budget.Batch) error {
	if b.full != nil {
		return b.full
	}
	for _, i := range batch.Increments {
		key := minuteOf{i.Series, i.Minute}
		b.counts[key] = b.counts[key].Plus(i.Counts)
	}
	for _, h := range batch.Heartbeats {
		b.beats[h] = true
	}
	b.sights = append(b.sights, batch.Sights...)
	if batch.Cursor != nil {
		b.cursor = batch.Cursor
	}
	b.until = batch.Until
	return nil
}

// extent is that of the store.
func (b *bed) extent() Extent {
	var e Extent
	for key := range b.counts {
		if !e.Any {
			e = Extent{First: key.minute, Last: key.minute, Any: true}
		}
		e.First, e.Last = min(e.First, key.minute), max(e.Last, key.minute)
	}
	return e
}

// start begins, or begins again after a crash.
func (b *bed) start() error {
	var err error
	b.reader, err = New(b.set, b.cursor, b.extent())
	return err
}

// read reads until there is no more.
func (b *bed) read(now int64) {
	b.t.Helper()
	b.now = now
	for range 10_000 {
		if b.reader.at.ended(b.reader.set) {
			return
		}
		more, err := b.reader.step(context.Background())
		require.NoError(b.t, err)
		if !more {
			return
		}
	}
	b.t.Fatal("the reading makes no progress")
}

// follow reads every 15 seconds.
func (b *bed) follow(to int64) {
	b.t.Helper()
	for now := b.now; now < to; now += 15_000 {
		b.read(now)
	}
	b.read(to)
}

func (b *bed) sum(service, sli string) budget.Counts {
	var sum budget.Counts
	for key, counts := range b.counts {
		if key.series.Key.Service.Name == service && key.series.Key.SLI == sli {
			sum = sum.Plus(counts)
		}
	}
	return sum
}

func (b *bed) minute(service, sli string, offset int) budget.Counts {
	return b.counts[minuteOf{budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: service}, SLI: sli}, Definition: "d"}, slo.MinuteOf(noon) + slo.Minute(offset)}]
}

// measured lists the minutes after noon in which a writer measured.
func (b *bed) measured(instance string) []int {
	var all []int
	for h := range b.beats {
		if h.Instance == instance {
			all = append(all, int(h.Minute-slo.MinuteOf(noon)))
		}
	}
	slices.Sort(all)
	return all
}

func instanceOf(n int) string { return "agent-" + strconv.Itoa(n) }

// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// expected is what the samples of a series say, by the definition of a counter: the
// first is zero, an increase belongs to the minute of its sample, and a value that
// fell began at zero.
func expected(all []*fakeSeries) map[minuteOf]budget.Counts {
	out := map[minuteOf]budget.Counts{}
	for _, f := range all {
		before := uint64(0)
		for _, s := range f.samples {
			n := s.Count - before
			if s.Count < before {
				n = s.Count
			}
			before = s.Count
			if n == 0 {
				continue
			}
			key := minuteOf{budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: f.labels[2].Value}, SLI: f.labels[3].Value}, Definition: "d"}, slo.Minute(s.Millis / min1)}
			counts := budget.Counts{Good: n}
			if f.labels[4].Value == "bad" {
				counts = budget.Counts{Bad: n}
			}
			out[key] = out[key].Plus(counts)
		}
	}
	return out
}

func withoutZeros(counts map[minuteOf]budget.Counts) map[minuteOf]budget.Counts {
	out := map[minuteOf]budget.Counts{}
	for key, c := range counts {
		if !c.IsZero() {
			out[key] = c
		}
	}
	return out
}

func totals(counts map[minuteOf]budget.Counts) map[slo.Key]budget.Counts {
	out := map[slo.Key]budget.Counts{}
	for key, c := range counts {
		out[key.series.Key] = out[key.series.Key].Plus(c)
	}
	return out
}

// fleet makes counters over six hours: scraped at their own pace, missed at times,
// restarted at times, born and gone at any time.
func fleet(r *rand.Rand, lateness int64) []*fakeSeries {
	var all []*fakeSeries
	for n := range 12 {
		for _, outcome := range []string{"good", "bad"} {
			f := counted([]string{"shop", "cart", "pay"}[n%3], []string{"http_availability", "http_latency"}[n%2], outcome, instanceOf(n))
			every := []int64{5, 15, 30, 60}[r.IntN(4)] * sec
			now, value := at(0)+sec+r.Int64N(3*60)*min1, uint64(0)
			for end := at(6 * time.Hour); now < end; now += every + r.Int64N(5) {
				f.late(now, value, now+r.Int64N(lateness+1))
				switch x := r.IntN(200); {
				case x == 0:
					value = r.Uint64N(20) // a restart, which may have counted already
				case x == 1:
					now += r.Int64N(40) * min1 // away
				case x == 2 && r.IntN(3) == 0:
					end = now // gone
				default:
					value += r.Uint64N(50)
				}
			}
			all = append(all, f)
		}
	}
	return all
}

// seeds are how many fleets are tried: fewer where the race detector makes each slow.
func seeds() uint64 {
	if testing.Short() {
		return 3
	}
	return 20
}

var errFull = errors.New("the disk is full")

// However the reading goes, with failures of Prometheus and of the store, crashes at
// any moment, and pages of any length, each increase is counted once, in the minute
// of its sample.
func TestEachIncreaseIsCountedOnce(t *testing.T) {
	for seed := range seeds() {
		r := rand.New(rand.NewPCG(seed, 77))
		b := newBed(t, fleet(r, 0)...)
		want := expected(b.series)
		require.NotEmpty(t, want)
		require.NoError(t, b.start())
		interrupted(b, r)
		require.Equal(t, want, withoutZeros(b.counts), "seed %d", seed)
		assert.Zero(t, b.tally.Uncounted, "seed %d", seed)
	}
}

// Late samples may blur the minute, and change no sum.
func TestLatenessChangesNoSum(t *testing.T) {
	for seed := range seeds() {
		r := rand.New(rand.NewPCG(seed, 78))
		b := newBed(t, fleet(r, 50*sec)...)
		// A reset between two samples that swap places cannot be seen by anybody.
		for _, f := range b.series {
			for i := range f.samples {
				if i > 0 && f.samples[i].Count < f.samples[i-1].Count {
					f.samples[i].seen = f.samples[i].Millis
					for j := range i {
						f.samples[j].seen = min(f.samples[j].seen, f.samples[i].Millis)
					}
				}
			}
		}
		for _, f := range b.series {
			f.samples[0].seen = f.samples[0].Millis // the zero
		}
		want := totals(expected(b.series))
		require.NoError(t, b.start())
		interrupted(b, r)
		require.Equal(t, want, totals(withoutZeros(b.counts)), "seed %d", seed)
	}
}

// interrupted reads seven hours with all that can come in between.
func interrupted(b *bed, r *rand.Rand) {
	for now := at(0); now < at(7*time.Hour); now += 15_000 {
		b.now = now
		switch r.IntN(60) {
		case 0: // a crash: what was not delivered is read again
			require.NoError(b.t, b.start())
		case 1:
			b.away = errAway
			_, err := b.reader.step(context.Background())
			require.ErrorIs(b.t, err, errAway)
			b.away = nil
			now += r.Int64N(20) * min1
		case 2:
			b.full = errFull
			if _, err := b.reader.step(context.Background()); err != nil {
				require.ErrorIs(b.t, err, errFull)
			}
			b.full = nil
		case 3: // a page and no more
			b.reader.page = time.Duration(1+r.IntN(20)) * time.Minute
			_, err := b.reader.step(context.Background())
			require.NoError(b.t, err)
		default:
			b.read(now)
		}
	}
	b.read(at(7 * time.Hour))
}

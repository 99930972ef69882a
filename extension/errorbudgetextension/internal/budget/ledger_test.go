// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Nothing is served before its batch is applied.
func TestPendingIsNotServed(t *testing.T) {
	d := newDesk()
	d.add(start, 1, 1)
	b := d.pending.Drain()
	assert.False(t, d.ledger.View(shop, d.now, time.Minute).Seen)
	assert.Empty(t, d.ledger.Services())
	d.ledger.Apply(b)
	assert.True(t, d.ledger.View(shop, d.now, time.Minute).Seen)
	assert.Equal(t, d.now, d.ledger.DurableThrough())
}

func TestZeroMakesKnownOnceAMinute(t *testing.T) {
	d := newDesk()
	d.add(start, 0, 0)
	require.Equal(t, []Increment{{Series: shopOK, Minute: start}}, d.pending.Drain().Increments)
	d.add(start, 0, 0)
	assert.True(t, d.pending.Drain().IsEmpty(), "it is known already")
	d.at(time.Minute)
	d.add(start+1, 0, 0)
	assert.Len(t, d.pending.Drain().Increments, 1)
}

func TestHeartbeatIsWrittenOnceAMinute(t *testing.T) {
	d := newDesk()
	d.pending.Heartbeat(start, w1)
	d.pending.Heartbeat(start, w1)
	require.Equal(t, []Heartbeat{{Instance: "w1", Minute: start}}, d.pending.Drain().Heartbeats)
	d.pending.Heartbeat(start, w1)
	require.True(t, d.pending.Drain().IsEmpty())
	d.pending.Heartbeat(start+1, w1)
	d.pending.Heartbeat(start, w2)
	require.Len(t, d.pending.Drain().Heartbeats, 2)
}

// Splitting, merging and reordering calls, and the moments of the commits, never
// change an answer.
func TestOrderNeverChangesTheAnswer(t *testing.T) {
	type call struct {
		minute    slo.Minute
		good, bad uint64
	}
	r := rand.New(rand.NewPCG(5, 6))
	var whole []call
	for m := range slo.Minute(100) {
		whole = append(whole, call{start + m, r.Uint64N(10_000), r.Uint64N(50)})
	}
	answer := func(calls []call, flush func() bool) View {
		d := newDesk()
		d.at(99 * time.Minute)
		for _, c := range calls {
			d.add(c.minute, c.good, c.bad)
			if flush() {
				d.flush()
			}
		}
		v := d.view()
		for i := range v.Indicators {
			v.Indicators[i].series, v.Indicators[i].ledger = nil, nil
		}
		return v
	}
	want := answer(whole, func() bool { return false })
	for range 20 {
		var split []call
		for _, c := range whole {
			for c.good+c.bad > 0 {
				part := call{c.minute, r.Uint64N(c.good + 1), r.Uint64N(c.bad + 1)}
				if part.good+part.bad == 0 {
					part = c
				}
				split = append(split, part)
				c.good, c.bad = c.good-part.good, c.bad-part.bad
			}
		}
		r.Shuffle(len(split), func(i, j int) { split[i], split[j] = split[j], split[i] })
		require.Equal(t, want, answer(split, func() bool { return r.IntN(7) == 0 }))
	}
}

func TestChangedDefinitionStartsAnew(t *testing.T) {
	d := newDesk()
	key := slo.Key{Service: shop, SLI: slo.HTTPLatency}
	d.pending.Add(key, start, 90, 10, "200ms", w1)
	d.flush()
	d.at(time.Minute)
	d.pending.Add(key, start+1, 0, 0, "300ms", w1) // known at zero first
	i := d.view().Indicators[0]
	assert.Equal(t, slo.Definition("300ms"), i.Definition)
	assert.Equal(t, Counts{}, i.Counts, "the verdict uses the new definition alone")
	assert.Equal(t, []Older{{Definition: "200ms", Counts: Counts{Good: 90, Bad: 10}, Last: start}}, i.Older)

	d.pending.Add(key, start, 5, 0, "200ms", w1) // late, under the old definition
	i = d.view().Indicators[0]
	assert.Equal(t, slo.Definition("300ms"), i.Definition)
	assert.EqualValues(t, 95, i.Older[0].Counts.Good)

	d.at(2 * time.Minute)
	d.pending.Add(key, start+2, 1, 0, "200ms", w1) // the threshold is set back
	i = d.view().Indicators[0]
	assert.Equal(t, slo.Definition("200ms"), i.Definition)
	assert.Equal(t, Counts{Good: 96, Bad: 10}, i.Counts)
	d.at(31 * 24 * time.Hour)
	assert.Empty(t, d.view().Indicators[0].Older, "an empty window is not shown")
}

func TestCoverage(t *testing.T) {
	beat := func(d *desk, w slo.Writer, from, to slo.Minute) {
		for m := from; m < to; m++ {
			d.now = m.Time()
			d.pending.Heartbeat(m, w)
			d.flush()
		}
	}
	count := func(d *desk, w slo.Writer, m slo.Minute) {
		d.now = m.Time()
		d.pending.Add(shopOK.Key, m, 1, 0, "d1", w)
		d.flush()
	}
	for _, tt := range []struct {
		name string
		play func(d *desk)
		want Coverage
	}{
		{"first sight, measured", func(d *desk) { count(d, w1, start); beat(d, w1, start, start+1) }, Coverage{1, 1}},
		{"first sight, no heartbeat yet", func(d *desk) { count(d, w1, start) }, Coverage{0, 0}},
		{"ten minutes", func(d *desk) { count(d, w1, start); beat(d, w1, start, start+10) }, Coverage{10, 10}},
		{"blind for five of ten, the open one is not owed", func(d *desk) {
			count(d, w1, start)
			beat(d, w1, start, start+5)
			d.now = (start + 10).Time()
		}, Coverage{5, 10}},
		{"measured before the first sight does not count", func(d *desk) {
			beat(d, w1, start-100, start)
			count(d, w1, start)
			beat(d, w1, start, start+2)
		}, Coverage{2, 2}},
		{"a writer that never counted for the service does not count", func(d *desk) {
			count(d, w1, start)
			beat(d, w2, start, start+10)
		}, Coverage{0, 9}},
		{"one of two writers is blind", func(d *desk) {
			count(d, w1, start)
			count(d, w2, start)
			beat(d, w1, start, start+1)
			beat(d, w2, start, start+10)
		}, Coverage{11, 19}},
		{"a writer that left a day ago owes nothing since", func(d *desk) {
			count(d, w1, start)
			count(d, w2, start)
			beat(d, w1, start, start+10)
			beat(d, w2, start, start+10+writerGone+1)
		}, Coverage{10 + 10 + writerGone + 1, 10 + 10 + writerGone + 1}},
		{"the last writer owes every minute", func(d *desk) {
			count(d, w1, start)
			beat(d, w1, start, start+10)
			d.now = (start + 10 + 2*writerGone).Time()
		}, Coverage{10, 10 + 2*writerGone}},
		{"no more than the window", func(d *desk) {
			count(d, w1, start)
			beat(d, w1, start, start+10)
			d.now = (start + window30d + 4).Time()
		}, Coverage{6, uint64(window30d)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk()
			tt.play(d)
			assert.Equal(t, tt.want, d.view().Coverage)
		})
	}
	assert.Zero(t, Coverage{}.Share())
	assert.Equal(t, 0.5, Coverage{5, 10}.Share())
}

func TestMeasuredAgreesWithAPlainSet(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	m, plain := newMeasured(), map[slo.Minute]bool{}
	at := start
	for range 2_000 {
		at += slo.Minute(r.IntN(200))
		minute := at - slo.Minute(r.IntN(100))
		m.set(minute)
		plain[minute] = true
		from, to := at-slo.Minute(r.IntN(100_000)), at+slo.Minute(r.IntN(10))
		want := uint64(0)
		for p := range plain {
			if p >= from && p < to {
				want++
			}
		}
		require.Equal(t, want, m.count(from, to))
		require.True(t, m.has(minute))
		require.Equal(t, plain[minute-1], m.has(minute-1))
	}
	m.set(at + 10*ringMinutes)
	assert.EqualValues(t, 1, m.count(0, at+11*ringMinutes), "a silence longer than the ring empties it")
	m.set(at)
	assert.False(t, m.has(at), "older than the ring")
}

func TestActivity(t *testing.T) {
	for _, tt := range []struct {
		name string
		play func(d *desk)
		want Activity
		open uint64
	}{
		{"counted, no heartbeat", func(d *desk) { d.add(start, 1, 0) }, Unmeasured, 0},
		{"counted and measured", func(d *desk) {
			d.add(start, 1, 0)
			d.pending.Heartbeat(start, w1)
		}, Active, 0},
		{"known at zero", func(d *desk) {
			d.add(start, 0, 0)
			d.pending.Heartbeat(start, w1)
		}, Idle, 0},
		{"three minutes after the last event", func(d *desk) {
			d.add(start, 1, 0)
			d.at(3 * time.Minute)
			d.pending.Heartbeat(start+3, w1)
		}, Idle, 0},
		{"a heartbeat that is about to be stale", func(d *desk) {
			d.add(start, 1, 0)
			d.pending.Heartbeat(start, w1)
			d.at(4 * time.Minute)
		}, Idle, 0},
		{"a stale heartbeat", func(d *desk) {
			d.add(start, 1, 0)
			d.pending.Heartbeat(start, w1)
			d.at(4*time.Minute + time.Second)
		}, Unmeasured, 0},
		{"its first request hangs", func(d *desk) {
			d.pending.Heartbeat(start, w1)
			d.open(start, 5)
		}, Down, 5},
		{"it hangs after traffic of earlier minutes", func(d *desk) {
			d.add(start, 9, 0)
			d.flush()
			d.at(2 * time.Minute)
			d.pending.Heartbeat(start+2, w1)
			d.open(start+2, 3)
		}, Down, 3},
		{"it answered within the minute of the report", func(d *desk) {
			d.add(start, 9, 0)
			d.pending.Heartbeat(start, w1)
			d.open(start, 3)
		}, Active, 3},
		{"that was a minute ago", func(d *desk) {
			d.add(start, 9, 0)
			d.pending.Heartbeat(start, w1)
			d.open(start, 3)
			d.flush()
			d.at(time.Minute)
			d.open(start+1, 3)
		}, Down, 3},
		{"others are answered while some are stuck", func(d *desk) {
			d.pending.Heartbeat(start, w1)
			d.open(start, 3)
			d.at(time.Minute)
			d.open(start+1, 3)
			d.add(start+1, 9, 0)
		}, Active, 3},
		{"it still asks its database while it hangs", func(d *desk) {
			d.pending.Heartbeat(start, w1)
			d.open(start, 3)
			d.at(time.Minute)
			d.open(start+1, 3)
			d.pending.Add(slo.Key{Service: shop, SLI: slo.DBAvailability}, start+1, 9, 0, "d1", w1)
		}, Down, 3},
		{"the report expired", func(d *desk) {
			d.open(start, 3)
			d.at(3 * time.Minute)
			d.pending.Heartbeat(start+3, w1)
			d.add(start+3, 0, 0)
		}, Idle, 0},
		{"the gauge fell to zero", func(d *desk) {
			d.open(start, 3)
			d.open(start, 0)
			d.pending.Heartbeat(start, w1)
		}, Idle, 0},
		{"an overtaken report is ignored", func(d *desk) {
			d.pending.Heartbeat(start, w1)
			d.open(start, 3)
			d.open(start-1, 0)
		}, Down, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk()
			tt.play(d)
			v := d.view()
			assert.Equal(t, tt.want, v.Activity)
			assert.Equal(t, tt.open, v.Open)
		})
	}
}

func (d *desk) open(minute slo.Minute, n uint64) {
	d.pending.Sight(shop, w1)
	d.flush()
	d.ledger.Open(shop, d.now, minute, n, w1)
}

func TestZeroOpenMakesNothingKnown(t *testing.T) {
	d := newDesk()
	d.ledger.Open(shop, d.now, start, 0, w1)
	assert.Empty(t, d.ledger.Services())
}

func TestForget(t *testing.T) {
	d := newDesk()
	d.add(start, 1, 0)
	d.pending.Heartbeat(start, w1)
	other := slo.Key{Service: slo.Service{Name: "shop"}, SLI: slo.HTTPAvailability}
	d.at(time.Hour)
	d.pending.Add(other, start+60, 1, 0, "d1", w2)
	d.flush()
	require.Len(t, d.ledger.Named("shop"), 2)
	d.ledger.Forget(start + 1)
	assert.Equal(t, []slo.Service{other.Service}, d.ledger.Services())
	assert.Equal(t, []slo.Service{other.Service}, d.ledger.Named("shop"))
	assert.NotContains(t, d.ledger.writers, "w1")
}

// Series that went silent leave Pending, and come back unchanged.
func TestPendingForgetsSilentSeries(t *testing.T) {
	d := newDesk()
	d.add(start, 1, 0)
	d.flush()
	d.at(4 * time.Hour)
	d.flush()
	assert.Empty(t, d.pending.series)
	d.add(start+240, 2, 1)
	assert.Equal(t, Counts{Good: 3, Bad: 1}, d.counts(t))
	assert.Equal(t, start, d.view().FirstSeen)
}

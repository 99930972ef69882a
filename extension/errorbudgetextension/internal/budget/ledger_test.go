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
	assert.Zero(t, d.pending.series.Load())
	d.add(start+240, 2, 1)
	assert.Equal(t, Counts{Good: 3, Bad: 1}, d.counts(t))
	assert.Equal(t, start, d.view().FirstSeen)
}

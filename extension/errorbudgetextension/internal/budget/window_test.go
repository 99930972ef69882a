// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestWindowEdges(t *testing.T) {
	d := newDesk()
	d.add(start, 7, 3)
	assert.Equal(t, Counts{Good: 7, Bad: 3}, d.counts(t), "the open minute counts")
	d.at(30 * 24 * time.Hour)
	assert.Equal(t, Counts{Good: 7, Bad: 3}, d.counts(t), "the oldest minute of [t-W, t) counts")
	d.at(30*24*time.Hour + time.Minute)
	assert.Equal(t, Counts{}, d.counts(t), "it left")
}

func TestLateAndFutureEvents(t *testing.T) {
	for _, tt := range []struct {
		name   string
		minute slo.Minute
		want   Counts
		reason Reason
		lost   uint64
		in     slo.Minute // the minute that it counts in
	}{
		{"now", start, Counts{Good: 2, Bad: 1}, Late, 0, start},
		{"two hours late", start - 120, Counts{Good: 2, Bad: 1}, Late, 0, start - 120},
		{"a minute later than that", start - 121, Counts{Uncertain: 3}, Late, 3, start},
		{"a clock that is a minute ahead", start + 1, Counts{Good: 2, Bad: 1}, Future, 0, start + 1},
		{"a clock that is far ahead", start + 2, Counts{Good: 2, Bad: 1}, Future, 3, start},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk()
			d.add(tt.minute, 2, 1)
			assert.Equal(t, tt.want, d.counts(t))
			assert.Equal(t, tt.lost, d.pending.Lost(tt.reason))
			d.at(time.Duration(tt.in-start)*time.Minute + 30*24*time.Hour)
			assert.Equal(t, tt.want, d.counts(t), "still in the window")
			d.at(time.Duration(tt.in-start)*time.Minute + 30*24*time.Hour + time.Minute)
			assert.Equal(t, Counts{}, d.counts(t), "left with its own minute")
		})
	}
}

func TestRefused(t *testing.T) {
	d := newDesk()
	d.add(start, maxIncrement+1, 0)
	assert.EqualValues(t, 1, d.pending.Lost(Implausible))
	d.pending.Heartbeat(start-121, w1)
	assert.EqualValues(t, 1, d.pending.Lost(LateHeartbeat))
	assert.True(t, d.pending.Drain().IsEmpty())
	names := map[string]bool{}
	for _, r := range Reasons() {
		names[r.String()] = true
	}
	assert.Len(t, names, int(reasons))
}

func TestTooManySeries(t *testing.T) {
	d := newDesk()
	d.pending.series.Store(maxSeries)
	d.add(start, 4, 1)
	assert.EqualValues(t, 5, d.pending.Lost(TooManySeries))
}

func TestTooManyServices(t *testing.T) {
	d := newDesk()
	for i := range maxSeries {
		d.pending.opened[serviceWriter{instance: strconv.Itoa(i)}] = struct{}{}
	}
	d.pending.Sight(shop, w1)
	d.pending.Sight(shop, w1)
	assert.EqualValues(t, 2, d.pending.Lost(TooManyServices))
	assert.True(t, d.pending.Drain().IsEmpty())
}

// The window has to equal a plain sum over all minutes that it holds, however
// the counts were split, ordered and committed.
func TestWindowEqualsPlainSum(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d := newDesk()
	total := map[slo.Minute]Counts{}
	for step := range 60_000 {
		// Three months in steps of some minutes, with quiet days.
		if r.IntN(500) == 0 {
			d.now = d.now.Add(time.Duration(r.IntN(2*24*60)) * time.Minute)
		}
		d.now = d.now.Add(time.Duration(r.IntN(4)) * time.Minute)
		now := slo.MinuteOf(d.now)
		minute := now - slo.Minute(r.IntN(maxLateness+1))
		if r.IntN(3) > 0 {
			minute = now
		}
		good, bad := r.Uint64N(1000), r.Uint64N(3)
		d.add(minute, good, bad)
		c := total[minute]
		c.add(Counts{Good: good, Bad: bad})
		total[minute] = c
		if r.IntN(3) == 0 {
			d.flush()
		}
		if step%5_000 == 4_999 {
			var want Counts
			for m, c := range total {
				if m >= now-window30d {
					want.add(c)
				}
			}
			require.Equal(t, want, d.counts(t), "step %d", step)
		}
	}
}

// A batch that storage refused for hours still lands in its own minutes.
func TestMinutesThatWereFrozenMeanwhile(t *testing.T) {
	d := newDesk()
	d.add(start, 1, 0)
	late := d.pending.Drain()
	for m := range slo.Minute(20 * 60) {
		d.at(time.Duration(m+1) * time.Minute)
		d.add(start+m+1, 1, 0)
		d.flush()
	}
	s := d.series()
	require.Positive(t, s.old.n, "some minutes are frozen")
	late.Until = d.now
	d.ledger.Apply(late)
	assert.Equal(t, Counts{Good: 20*60 + 1}, d.counts(t))
	d.at(30*24*time.Hour + time.Minute)
	assert.Equal(t, Counts{Good: 20 * 60}, d.counts(t), "the first minute left alone")
}

func TestHistoryKeepsOrderAndFreesSpace(t *testing.T) {
	var h history
	for i := range 50_000 {
		h.push(cell{minute: start + slo.Minute(2*i), counts: Counts{Good: uint64(i), Bad: uint64(i % 3), Uncertain: uint64(i % 2)}})
	}
	for i := range 49_999 {
		c, next := h.front()
		require.Equal(t, cell{minute: start + slo.Minute(2*i), counts: Counts{Good: uint64(i), Bad: uint64(i % 3), Uncertain: uint64(i % 2)}}, c)
		h.pop(c, next)
	}
	assert.EqualValues(t, 1, h.n)
	assert.Less(t, len(h.buf)-int(h.off), 20)
	assert.LessOrEqual(t, len(h.buf), 2*compactAt)
	c, next := h.front()
	h.pop(c, next)
	h.push(cell{minute: start, counts: Counts{Good: 1}})
	c, _ = h.front()
	assert.Equal(t, start, c.minute, "an emptied history begins anew")
}

func TestBadFallsTo(t *testing.T) {
	d := newDesk()
	for m := range slo.Minute(1000) {
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 10, 1)
		d.flush()
	}
	i := d.view().Indicators[0]
	assert.Equal(t, slo.Minute(0), i.BadFallsTo(1000), "already so")
	assert.Equal(t, start+window30d+1, i.BadFallsTo(999), "when the first minute leaves")
	assert.Equal(t, start+999+window30d+1, i.BadFallsTo(0), "when the last one leaves")
	at := i.BadFallsTo(500)
	d.now = at.Time().Add(-time.Second)
	assert.EqualValues(t, 501, d.counts(t).Bad, "a second before")
	d.now = at.Time()
	assert.EqualValues(t, 500, d.counts(t).Bad)
}

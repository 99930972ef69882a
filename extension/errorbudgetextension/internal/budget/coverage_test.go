// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

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

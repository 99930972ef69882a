// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

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

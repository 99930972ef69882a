// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestQueues(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	q := NewQueues(func() time.Time { return now })
	id := slo.Service{Name: "shop"}
	var w slo.Waits
	w.Observe(time.Second, 3*time.Second)
	add := func() { q.Waited(id, slo.MinuteOf(now), w) }
	hour := slo.MinuteOf(now) - 30
	add()
	add()
	q.Waited(id, slo.MinuteOf(now)-maxLateness-1, w) // too late
	sum, since := q.Recent(id)
	assert.Equal(t, []any{uint64(2), 2 * time.Second, 6 * time.Second, hour}, []any{sum.Requests, sum.Queue.Sum, sum.Handler.Sum, since})
	now = now.Add(5 * time.Hour)
	add()
	sum, since = q.Recent(id)
	assert.Equal(t, []any{uint64(3), hour}, []any{sum.Requests, since}, "the sixth hour")
	now = now.Add(time.Hour)
	sum, since = q.Recent(id)
	assert.Equal(t, []any{uint64(1), hour + 5*60}, []any{sum.Requests, since})
	now = now.Add(24 * time.Hour)
	sum, since = q.Recent(id)
	assert.Equal(t, []any{uint64(0), slo.MinuteOf(now)}, []any{sum.Requests, since})

	for i := range maxQueues + 2 {
		q.Waited(slo.Service{Name: strconv.Itoa(i)}, slo.MinuteOf(now), w)
	}
	assert.Equal(t, uint64(2), q.Lost(), "the idle one made room")
}

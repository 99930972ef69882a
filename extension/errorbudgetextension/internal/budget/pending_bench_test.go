// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

// The Recorder's contract: an Add costs no allocation once its series is known.
func TestAddDoesNotAllocate(t *testing.T) {
	p := NewPending(time.Now)
	now := slo.MinuteOf(time.Now())
	p.Add(shopOK.Key, now, 1, 0, "d1", w1)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { p.Add(shopOK.Key, now, 1, 0, "d1", w1) }))
}

func BenchmarkAdd(b *testing.B) {
	for _, series := range []int{1, 20_000} {
		b.Run(strconv.Itoa(series), func(b *testing.B) {
			p := NewPending(time.Now)
			keys := make([]slo.Key, series)
			for i := range keys {
				keys[i] = slo.Key{Service: slo.Service{Namespace: "retail", Name: "service-" + strconv.Itoa(i), Environment: "prod"}, SLI: slo.HTTPAvailability}
				p.Add(keys[i], slo.MinuteOf(time.Now()), 1, 0, "0123456789abcdef", w1)
			}
			now := slo.MinuteOf(time.Now())
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				p.Add(keys[i], now, 1, 0, "0123456789abcdef", w1)
				if i++; i == series {
					i = 0
				}
			}
		})
	}
}

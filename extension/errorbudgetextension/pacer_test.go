// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPacer(t *testing.T) {
	now, slept := time.Unix(0, 0), 0
	p := &pacer{began: now, now: func() time.Time { return now }, sleep: func(d time.Duration) {
		assert.Equal(t, restBetween, d)
		now = now.Add(d)
		slept++
	}}
	for range 100 {
		now = now.Add(workAtMost / 10)
		p.step()
	}
	assert.Equal(t, 10, slept, "after each tenth step, and the rests do not count as work")
}

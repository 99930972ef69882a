// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPauseGrowsUntilABatchIsTaken(t *testing.T) {
	now := time.Unix(1000, 0)
	var p pause
	assert.False(t, p.active())
	assert.False(t, p.over(now), "there was none")
	assert.False(t, p.taken(), "there was no trouble")
	for _, wait := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		p.refused(now)
		assert.True(t, p.active())
		assert.False(t, p.over(now.Add(wait*time.Second-1)))
		now = now.Add(wait * time.Second)
		assert.True(t, p.over(now))
		assert.False(t, p.active(), "the next batch is a trial")
		assert.False(t, p.over(now), "it is over once")
	}
	assert.True(t, p.taken(), "that ended the trouble")
	assert.False(t, p.taken())
	p.refused(now)
	assert.True(t, p.over(now.Add(firstPause)), "the next trouble begins small")
}

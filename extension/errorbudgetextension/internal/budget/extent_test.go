// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestExtent(t *testing.T) {
	l := NewLedger(func(slo.Service) time.Duration { return 30 * 24 * time.Hour })
	_, _, any := l.Extent()
	assert.False(t, any)
	key := slo.Key{Service: slo.Service{Name: "shop"}, SLI: slo.HTTPAvailability}
	_, known := l.Definition(key)
	assert.False(t, known)

	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now := slo.MinuteOf(at)
	count := func(minute slo.Minute, definition slo.Definition) {
		l.Apply(&Batch{Until: at, Increments: []Increment{{Series: SeriesID{Key: key, Definition: definition}, Minute: minute, Counts: Counts{Good: 1}}}})
	}
	count(now-5, "old")
	count(now-90, "old")
	count(now-2, "new")
	// A sight says that a writer is there, not that anything was counted.
	l.Apply(&Batch{Until: at, Sights: []Sight{{Service: key.Service, Instance: "a", Minute: now}, {Service: key.Service, Instance: "b", Minute: now - 100}}})
	first, last, any := l.Extent()
	assert.True(t, any)
	assert.Equal(t, now-100, first)
	assert.Equal(t, now-2, last)
	definition, known := l.Definition(key)
	assert.True(t, known)
	assert.Equal(t, slo.Definition("new"), definition)
	_, known = l.Definition(slo.Key{Service: key.Service, SLI: slo.HTTPLatency})
	assert.False(t, known)
}

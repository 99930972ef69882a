// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

const minute = uint64(time.Minute)

func exportBacklog(t *testing.T, b *Backlog, since, now uint64) []string {
	md := pmetric.NewMetrics()
	b.Export(md, "scope", "v1", since, now)
	return describe(t, md)
}

// ended gives a call that ended at a time.
func ended(at uint64) *protocol.Call {
	c := callOf(ms, 200)
	c.StartUnixNano, c.EndUnixNano = at-uint64(ms), at
	return c
}

func (b *Backlog) add(at uint64) { b.At(at).AddCall(nginx, ended(at)) }

// TestBacklog: what the feed did not take is told again, in the minute in which it
// ended, with what came meanwhile.
func TestBacklog(t *testing.T) {
	b := NewBacklog(twoEdges)
	assert.Zero(t, b.Count())
	assert.Empty(t, exportBacklog(t, b, 1, 2))

	b.add(10*minute + 5)
	b.add(11*minute + 5)
	taken := b.Take()
	assert.Zero(t, b.Count())
	b.add(11*minute + 7)
	b.Return(taken)
	assert.EqualValues(t, 3, b.Count())
	assert.Equal(t, []string{
		"nginx sloe.unspanned.duration Delta [600000000000,659999999999] 1 0.001s | [1 0 0] | sloe.kind=server sloe.protocol=http sloe.status.class=2xx",
		"nginx sloe.unspanned.duration Delta [660000000001,660000000009] 2 0.002s | [2 0 0] | sloe.kind=server sloe.protocol=http sloe.status.class=2xx",
	}, exportBacklog(t, b, 11*minute+1, 11*minute+9))
	assert.EqualValues(t, 3, b.Take().Count())
	assert.Zero(t, b.Count(), "they are deltas: told once")
}

// TestBacklogIsBounded: of a feed that takes nothing the oldest counts move to a
// later minute, none is lost.
func TestBacklogIsBounded(t *testing.T) {
	b := NewBacklog(twoEdges)
	for i := range uint64(maxMinutes + 5) {
		b.add((100 + i) * minute)
		b.Return(b.Take())
	}
	assert.Len(t, b.minutes, maxMinutes)
	assert.EqualValues(t, maxMinutes+5, b.Count())
	assert.EqualValues(t, 6, b.At(105*minute).Count(), "its own and five older ones")
	assert.EqualValues(t, 1, b.At(106*minute).Count())
}

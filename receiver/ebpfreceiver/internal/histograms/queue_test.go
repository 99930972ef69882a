// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

func queued(call *protocol.Call, wait time.Duration) *protocol.Call {
	call.QueueKnown, call.QueueNs = true, uint64(wait)
	return call
}

// TestQueue: queue times are a histogram of their own, over those that are known.
func TestQueue(t *testing.T) {
	d := NewDurations(newLayout(twoEdges), Stable)
	d.Record(nginx, queued(callOf(ms, 200), 0))
	d.Record(nginx, queued(callOf(ms, 500), 300*ms))
	d.Record(nginx, callOf(ms, 200))
	d.RecordSpilled(nginx, &Spilled{Kind: protocol.Server, Family: semconv.ProtocolHTTP, Metric: semconv.HTTPServerRequestDuration,
		StatusClass: "2xx", Count: 4, Sum: 4 * ms, Buckets: []uint64{4, 0, 0},
		Queue: []uint64{1, 2, 0}, QueueSum: 20 * ms, Felt: []uint64{0, 3, 0}, FeltSum: 23 * ms}, 500)
	lines := export(t, d, 9000)
	assert.Contains(t, lines, "nginx sloe.server.queue.duration Cumulative [1000,9000] 5 0.32s | [2 2 1] | sloe.protocol=http")
	assert.Len(t, lines, 4)
}

// TestUnspannedFelt: an exchange whose queue time is not known is in the
// durations alone.
func TestUnspannedFelt(t *testing.T) {
	u := NewUnspanned(twoEdges)
	u.AddCall(nginx, queued(callOf(ms, 200), 4*ms))
	u.AddCall(nginx, queued(callOf(ms, 200), 4*ms+1))
	u.AddCall(nginx, callOf(ms, 200))
	u.AddCall(redis, callOf(ms, 200))
	u.AddSpilled(nginx, &Spilled{Kind: protocol.Server, Family: semconv.ProtocolHTTP, StatusClass: "2xx",
		Count: 4, Sum: 4 * ms, Buckets: []uint64{4, 0, 0}, Queue: []uint64{1, 2, 0}, QueueSum: 20 * ms, Felt: []uint64{0, 3, 0}, FeltSum: 23 * ms})
	u.AddSpilled(nginx, &Spilled{Kind: protocol.Client, Family: semconv.ProtocolHTTP, StatusClass: "2xx",
		Count: 1, Sum: ms, Buckets: []uint64{1, 0, 0}, Queue: []uint64{0, 0, 0}, Felt: []uint64{0, 0, 0}})
	assert.Equal(t, []string{
		"nginx sloe.unspanned.duration Delta [10,20] 1 0.001s | [1 0 0] | sloe.kind=client sloe.protocol=http sloe.status.class=2xx",
		"nginx sloe.unspanned.duration Delta [10,20] 7 0.007s | [7 0 0] | sloe.kind=server sloe.protocol=http sloe.status.class=2xx",
		"nginx sloe.unspanned.felt.duration Delta [10,20] 5 0.033000001s | [1 4 0] | sloe.kind=server sloe.protocol=http sloe.status.class=2xx",
		"redis sloe.unspanned.duration Delta [10,20] 1 0.001s | [1 0 0] | sloe.kind=server sloe.protocol=http sloe.status.class=2xx",
	}, exportUnspanned(t, u, 10, 20))
}

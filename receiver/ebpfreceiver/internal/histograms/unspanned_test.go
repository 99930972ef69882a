// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

func exportUnspanned(t *testing.T, u *Unspanned, start, now uint64) []string {
	md := pmetric.NewMetrics()
	u.Export(md, "scope", "v1", start, now)
	return describe(t, md)
}

// TestUnspanned: the exchanges of an interval, each told once.
func TestUnspanned(t *testing.T) {
	u := NewUnspanned(twoEdges)
	assert.True(t, u.Empty())
	assert.Empty(t, exportUnspanned(t, u, 1, 2))

	u.AddCall(nginx, callOf(200*ms, 200))
	u.AddCall(nginx, callOf(201*ms, 204))
	u.AddSpilled(nginx, &Spilled{Kind: protocol.Server, Family: semconv.ProtocolHTTP, StatusClass: "2xx",
		Count: 6, Sum: time.Second, Buckets: []uint64{1, 2, 3}})
	u.AddSpilled(nginx, &Spilled{Kind: protocol.Client, Family: semconv.ProtocolHTTP, StatusClass: "2xx",
		Count: 1, Sum: ms, Buckets: []uint64{1, 0, 0}})
	u.AddSpilled(redis, &Spilled{Kind: protocol.Server, Family: semconv.ProtocolHTTP, Outcome: protocol.AbortedByServer,
		StatusClass: semconv.StatusClassUnknown, Count: 1, Sum: ms, Buckets: []uint64{1, 0, 0}})
	u.AddCall(redis, callOf(ms, 500))
	assert.False(t, u.Empty())
	assert.Equal(t, []string{
		"nginx sloe.unspanned.duration Delta [10,20] 1 0.001s | [1 0 0] | sloe.kind=client sloe.protocol=http sloe.status.class=2xx",
		"nginx sloe.unspanned.duration Delta [10,20] 8 1.401s | [1 3 4] | sloe.kind=server sloe.protocol=http sloe.status.class=2xx",
		"redis sloe.unspanned.duration Delta [10,20] 1 0.001s | [1 0 0] | sloe.exchange.outcome=aborted_by_server sloe.kind=server sloe.protocol=http sloe.status.class=unknown",
		"redis sloe.unspanned.duration Delta [10,20] 1 0.001s | [1 0 0] | sloe.kind=server sloe.protocol=http sloe.status.class=5xx",
	}, exportUnspanned(t, u, 10, 20))

	assert.EqualValues(t, 11, u.Count())
	assert.Len(t, exportUnspanned(t, u, 10, 20), 4, "writing them does not take them away")
}

// TestUnspannedEdges: the indicator reads the bucket up to the threshold, so the
// bounds of the data point are what the catalogue says.
func TestUnspannedEdges(t *testing.T) {
	layout, _ := NewLayout([]time.Duration{200 * ms}, 31)
	edges := layout.All()
	u := NewUnspanned(edges)
	u.AddCall(nginx, callOf(ms, 200))
	md := pmetric.NewMetrics()
	u.Export(md, "scope", "v1", 1, 2)
	dp := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Histogram().DataPoints().At(0)
	assert.Contains(t, dp.ExplicitBounds().AsRaw(), 0.2)
	assert.Equal(t, dp.ExplicitBounds().Len()+1, dp.BucketCounts().Len())
}

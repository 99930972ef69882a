// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// TestDurationsFromManyGoroutines records, spills and exports at once: in the end
// all of it is there.
func TestDurationsFromManyGoroutines(t *testing.T) {
	const each = 1000
	d := NewDurations(newLayout(twoEdges), Stable)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range each {
				d.Record(nginx, callOf(ms, 200))
			}
		})
	}
	wg.Go(func() {
		for range each {
			d.RecordSpilled(redis, &Spilled{Kind: protocol.Server, Metric: semconv.HTTPServerRequestDuration, StatusClass: "2xx",
				Count: 3, Sum: 3 * ms, Buckets: []uint64{1, 1, 1}}, 1000)
		}
	})
	wg.Go(func() {
		for range 50 {
			d.Export(pmetric.NewMetrics(), "scope", "v1", 1)
		}
	})
	wg.Wait()
	lines := export(t, d, 9000)
	require.Len(t, lines, 2)
	require.True(t, strings.HasPrefix(lines[0], "nginx http.server.request.duration Cumulative [1000,9000] 4000 4s | [4000 0 0]"), lines[0])
	require.True(t, strings.HasPrefix(lines[1], "redis http.server.request.duration Cumulative [1000,9000] 3000 3s | [1000 1000 1000]"), lines[1])
}

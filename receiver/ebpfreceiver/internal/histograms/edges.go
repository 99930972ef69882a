// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"slices"
	"sort"
	"time"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// Edges are the upper bounds of histogram buckets, inclusive, ascending.
type Edges []time.Duration

// NewEdges returns the edges of the conventions' HTTP histograms with one at
// each latency threshold, at most limit of them. It reports the thresholds for
// which there is no room.
func NewEdges(thresholds []time.Duration, limit int) (Edges, []time.Duration) {
	var edges Edges
	for _, s := range semconv.HTTPDurationBuckets {
		edges = append(edges, time.Duration(s*float64(time.Second)+0.5))
	}
	var left []time.Duration
	for _, t := range thresholds {
		switch {
		case slices.Contains(edges, t):
		case len(edges) >= limit:
			left = append(left, t)
		default:
			edges = append(edges, t)
		}
	}
	slices.Sort(edges)
	return edges, left
}

// Seconds returns the edges as the bounds of a histogram data point.
func (e Edges) Seconds() []float64 {
	out := make([]float64, len(e))
	for i, d := range e {
		out[i] = d.Seconds()
	}
	return out
}

// Nanoseconds returns the edges as the kernel takes them.
func (e Edges) Nanoseconds() []uint64 {
	out := make([]uint64, len(e))
	for i, d := range e {
		out[i] = uint64(d)
	}
	return out
}

// bucket returns the index of the bucket that holds d.
func (e Edges) bucket(d time.Duration) int {
	return sort.Search(len(e), func(i int) bool { return d <= e[i] })
}

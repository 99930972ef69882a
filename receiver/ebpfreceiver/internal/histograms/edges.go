// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"slices"
	"sort"
	"time"
)

// Edges are the upper bounds of histogram buckets, inclusive, ascending.
type Edges []time.Duration

// edgesOf returns edges that are given in seconds.
func edgesOf(seconds []float64) Edges {
	edges := make(Edges, len(seconds))
	for i, s := range seconds {
		edges[i] = time.Duration(s*float64(time.Second) + 0.5)
	}
	return edges
}

// with returns the edges and more of them, each once.
func (e Edges) with(more ...time.Duration) Edges {
	out := append(slices.Clone(e), more...)
	slices.Sort(out)
	return slices.Compact(out)
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

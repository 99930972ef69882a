// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"slices"
	"time"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// conventional are the edges of the conventions, in seconds, by metric.
var conventional = map[string][]float64{
	semconv.HTTPServerRequestDuration: semconv.HTTPDurationBuckets,
	semconv.HTTPClientRequestDuration: semconv.HTTPDurationBuckets,
	semconv.RPCServerCallDuration:     semconv.HTTPDurationBuckets,
	semconv.RPCClientCallDuration:     semconv.HTTPDurationBuckets,
	semconv.DBClientOperationDuration: semconv.DBDurationBuckets,
	semconv.DBServerOperationDuration: semconv.DBDurationBuckets,
}

// Layout says where histograms have their edges. The kernel counts at all of them,
// and so does what is for sli. A metric of the conventions has those that they list
// for it, and the thresholds. Both are among all, so each bucket of all lies within
// one of the metric: what the kernel counted falls into the right one.
type Layout struct {
	all     *buckets
	metrics map[string]*buckets
}

// buckets are those of a metric.
type buckets struct {
	edges  Edges
	bounds []float64
	// of is the bucket that holds each one of all.
	of []int
}

// NewLayout returns the edges of the conventions with one at each latency threshold,
// at most limit of them. It reports the thresholds for which there is no room.
func NewLayout(thresholds []time.Duration, limit int) (*Layout, []time.Duration) {
	var all, taken Edges
	var left []time.Duration
	for _, seconds := range conventional {
		all = all.with(edgesOf(seconds)...)
	}
	for _, t := range thresholds {
		if !slices.Contains(all, t) && len(all) >= limit {
			left = append(left, t)
			continue
		}
		all, taken = all.with(t), taken.with(t)
	}
	l := newLayout(all)
	for metric, seconds := range conventional {
		l.metrics[metric] = newBuckets(edgesOf(seconds).with(taken...), all)
	}
	return l, left
}

// newLayout returns one in which every metric has the same edges.
func newLayout(all Edges) *Layout {
	return &Layout{all: newBuckets(all, all), metrics: map[string]*buckets{}}
}

// newBuckets returns buckets with edges that are among all.
func newBuckets(edges, all Edges) *buckets {
	b := &buckets{edges: edges, bounds: edges.Seconds()}
	for _, upper := range all {
		b.of = append(b.of, edges.bucket(upper))
	}
	b.of = append(b.of, len(edges)) // beyond the last edge of all
	return b
}

// All are the edges at which the kernel counts.
func (l *Layout) All() Edges { return l.all.edges }

// bucketsOf returns those of a metric: one that is not of the conventions has all.
func (l *Layout) bucketsOf(metric string) *buckets {
	if b, ok := l.metrics[metric]; ok {
		return b
	}
	return l.all
}

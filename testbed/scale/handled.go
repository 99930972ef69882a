// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"runtime"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// handled says how long answers took within the server: from the handler's begin to
// its end, as the server's own instrumentation measures it. Of what the asker sees it
// leaves out the way there and back, and the wait of either process for a core.
type handled struct {
	Edges  []float64 // in seconds, as handlerEdges
	Counts []uint64  // one more than edges
}

const handlerDuration = "http.server.request.duration"

// handlerEdges are around a millisecond, which is what is asked for.
var handlerEdges = []float64{20e-6, 40e-6, 60e-6, 80e-6, 100e-6, 150e-6, 200e-6, 300e-6, 400e-6, 600e-6, 800e-6, 1e-3, 1.5e-3, 2e-3, 3e-3, 5e-3, 10e-3, 20e-3, 50e-3}

// handlerView counts the durations in these edges, of all paths together.
var handlerView = metric.NewView(metric.Instrument{Name: handlerDuration}, metric.Stream{
	Aggregation:     metric.AggregationExplicitBucketHistogram{Boundaries: handlerEdges},
	AttributeFilter: func(attribute.KeyValue) bool { return false },
})

// readHandled reads what was handled since the start. It collects the garbage of the
// reading, which is not the run's.
func readHandled(reader *metric.ManualReader) (handled, error) {
	defer runtime.GC()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		return handled{}, err
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == handlerDuration && len(h.DataPoints) > 0 {
				return handled{h.DataPoints[0].Bounds, h.DataPoints[0].BucketCounts}, nil
			}
		}
	}
	return handled{}, fmt.Errorf("the server does not measure %s", handlerDuration)
}

// since returns what was handled after an earlier reading.
func (h handled) since(before handled) handled {
	out := handled{Edges: h.Edges, Counts: make([]uint64, len(h.Counts))}
	for i := range h.Counts {
		out.Counts[i] = h.Counts[i]
		if i < len(before.Counts) {
			out.Counts[i] -= before.Counts[i]
		}
	}
	return out
}

func (h handled) String() string {
	var total, late uint64
	for i, n := range h.Counts {
		total += n
		if i >= len(h.Edges) || h.Edges[i] > 1e-3 {
			late += n
		}
	}
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, p99.9 %s ms; %.3f %% above 1 ms, of %d",
		h.at(total, 0.5), h.at(total, 0.9), h.at(total, 0.99), h.at(total, 0.999), 100*float64(late)/float64(total), total)
}

// at returns the edge that a share of all is at or below.
func (h handled) at(total uint64, share float64) string {
	var seen uint64
	for i, n := range h.Counts {
		if seen += n; float64(seen) >= share*float64(total) && i < len(h.Edges) {
			return fmt.Sprintf("<= %.2f", h.Edges[i]*1e3)
		}
	}
	return fmt.Sprintf("> %.2f", h.Edges[len(h.Edges)-1]*1e3)
}

// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ms = time.Millisecond

// conventional are the edges of the conventions.
var conventional = Edges{5 * ms, 10 * ms, 25 * ms, 50 * ms, 75 * ms, 100 * ms, 250 * ms, 500 * ms, 750 * ms, 1000 * ms, 2500 * ms, 5000 * ms, 7500 * ms, 10000 * ms}

func TestNewEdges(t *testing.T) {
	tests := []struct {
		what       string
		thresholds []time.Duration
		limit      int
		added      []time.Duration
		left       []time.Duration
	}{
		{"no thresholds", nil, 31, nil, nil},
		{"one between two", []time.Duration{200 * ms}, 31, []time.Duration{200 * ms}, nil},
		{"one that is there", []time.Duration{500 * ms}, 31, nil, nil},
		{"the same twice", []time.Duration{300 * ms, 300 * ms}, 31, []time.Duration{300 * ms}, nil},
		{"below and above all", []time.Duration{time.Minute, 1}, 31, []time.Duration{1, time.Minute}, nil},
		{"no room for the last", []time.Duration{1 * ms, 2 * ms, 3 * ms}, 16, []time.Duration{1 * ms, 2 * ms}, []time.Duration{3 * ms}},
		{"one that is there needs no room", []time.Duration{1 * ms, 10 * ms}, 15, []time.Duration{1 * ms}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			edges, left := NewEdges(tt.thresholds, tt.limit)
			assert.ElementsMatch(t, append(append(Edges{}, conventional...), tt.added...), edges)
			assert.IsNonDecreasing(t, edges)
			assert.Equal(t, tt.left, left)
		})
	}
}

func TestEdgesAsBounds(t *testing.T) {
	edges, _ := NewEdges([]time.Duration{200 * ms, 1}, 31)
	assert.Equal(t, []float64{1e-9, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}, edges.Seconds(),
		"a threshold's edge is exactly the number that people write")
	assert.Equal(t, uint64(200_000_000), edges.Nanoseconds()[7])
	require.Len(t, edges.Nanoseconds(), len(edges))
}

// TestBucket: edges are inclusive, by the nanosecond.
func TestBucket(t *testing.T) {
	edges := Edges{5 * ms, 200 * ms}
	for d, want := range map[time.Duration]int{
		0: 0, 5 * ms: 0, 5*ms + 1: 1, 200 * ms: 1, 200*ms + 1: 2, time.Hour: 2,
	} {
		assert.Equal(t, want, edges.bucket(d), d)
	}
}

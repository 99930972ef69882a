// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const ms = time.Millisecond

func TestEdgesAsBounds(t *testing.T) {
	edges := conventionalHTTP.with(200*ms, 1)
	assert.Equal(t, []float64{1e-9, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}, edges.Seconds(),
		"a threshold's edge is exactly the number that people write")
	assert.Equal(t, uint64(200_000_000), edges.Nanoseconds()[7])
	assert.Len(t, edges.Nanoseconds(), len(edges))
}

// TestWith: what is there is not there twice, and the edges that it is of stay.
func TestWith(t *testing.T) {
	edges := Edges{5 * ms, 200 * ms}
	assert.Equal(t, Edges{1, 5 * ms, 200 * ms}, edges.with(5*ms, 1, 1))
	assert.Equal(t, Edges{5 * ms, 200 * ms}, edges)
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

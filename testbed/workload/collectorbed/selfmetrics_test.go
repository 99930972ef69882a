// SPDX-License-Identifier: Apache-2.0

package collectorbed

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSelfMetrics(t *testing.T) {
	m, err := parseSelfMetrics("# HELP x y\notelcol_placed{a=\"1\",way=\"delivered\"} 7\notelcol_placed{way=\"spilled\"} 2\n" +
		"otelcol_placed_other 100\notelcol_lost_total{reason=\"a b\"} 1.5e+01\notelcol_open 3\n")
	require.NoError(t, err)
	assert.EqualValues(t, 9, m.Sum("placed"))
	assert.EqualValues(t, 2, m.Sum("placed", `way="spilled"`))
	assert.Zero(t, m.Sum("placed", `way="spilled"`, `a="1"`))
	assert.EqualValues(t, 15, m.Sum("lost"))
	assert.EqualValues(t, 3, m.Sum("open"))
	assert.Zero(t, m.Sum("absent"))
	_, err = parseSelfMetrics("novalue\n")
	require.ErrorContains(t, err, "novalue")
	_, err = parseSelfMetrics("a b\n")
	assert.ErrorContains(t, err, "a b")
}

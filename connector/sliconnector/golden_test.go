// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/pmetrictest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden feeds testdata/golden/*/{traces,metrics}.yaml and compares sli.events with
// expected.yaml, under a latency threshold of 200 ms. What was left out is in
// the table: a golden file cannot hold the connector's own metrics.
func TestGolden(t *testing.T) {
	cases := map[string]struct{ excluded, lost map[string]int64 }{
		"http_new": {excluded: map[string]int64{"status_unknown,http_availability": 1}},
		"http_old": {},
		"grpc_old": {excluded: map[string]int64{"status_unknown,grpc_availability": 1}},
		"grpc_new": {excluded: map[string]int64{"status_unknown,grpc_availability": 1}},
		"db_old":   {},
		"db_new":   {},
		"aborted": {excluded: map[string]int64{
			"aborted_by_client,http_availability": 1, "aborted_by_client,http_latency": 1,
			"aborted_by_client,db_availability": 1, "aborted_by_client,db_latency": 1,
		}},
		"unusable_times":    {excluded: map[string]int64{"duration_uncertain,http_latency": 1, "negative_duration,http_latency": 1}},
		"waiting":           {excluded: map[string]int64{"stream,http_latency": 2, "blocking,db_latency": 1}},
		"waiting_unspanned": {excluded: map[string]int64{"stream,http_latency": 5, "blocking,db_latency": 7}},
		"worked_example": {excluded: map[string]int64{
			"aborted_by_client,http_availability": 1, "aborted_by_client,http_latency": 1,
		}},
		"unspanned": {
			excluded: map[string]int64{
				"status_unknown,http_availability":    9,
				"aborted_by_client,http_availability": 8, "aborted_by_client,http_latency": 8,
			},
			lost: map[string]int64{"no_edge,http_latency": 30},
		},
	}
	dirs, err := filepath.Glob("testdata/golden/*")
	require.NoError(t, err)
	require.Len(t, dirs, len(cases), "every directory of testdata/golden is a case")
	for _, dir := range dirs {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			want, known := cases[name]
			require.True(t, known, "testdata/golden/%s is no case of this test", name)
			r := startRig(t, nil)
			feed(t, r, dir)
			assert.Equal(t, orEmpty(want.excluded), r.selfMetric(t, "otelcol_connector_sli_excluded"))
			assert.Equal(t, orEmpty(want.lost), r.selfMetric(t, "otelcol_connector_sli_lost"))
			r.stop(t)

			exports := r.sink.AllMetrics()
			require.Len(t, exports, 2, "zeros, then the counts")
			expected := filepath.Join(dir, "expected.yaml")
			if *update {
				require.NoError(t, golden.WriteMetricsToFile(expected, exports[1]))
			}
			wanted, err := golden.ReadMetrics(expected)
			require.NoError(t, err)
			require.NoError(t, pmetrictest.CompareMetrics(wanted, exports[1],
				pmetrictest.IgnoreTimestamp(), pmetrictest.IgnoreStartTimestamp(), pmetrictest.IgnoreMetricDataPointsOrder()))
			assertSameAsBudget(t, r)
		})
	}
}

func feed(t *testing.T, r *rig, dir string) {
	t.Helper()
	if path := filepath.Join(dir, "traces.yaml"); exists(path) {
		td, err := golden.ReadTraces(path)
		require.NoError(t, err)
		r.consumeTraces(t, td)
		return
	}
	md, err := golden.ReadMetrics(filepath.Join(dir, "metrics.yaml"))
	require.NoError(t, err)
	r.consumeMetrics(t, md)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func orEmpty(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}

// assertSameAsBudget checks that the recorder was told what sli.events says.
func assertSameAsBudget(t *testing.T, r *rig) {
	t.Helper()
	exported := lastExported(t, r.sink)
	for _, sli := range []string{
		slo.HTTPAvailability, slo.HTTPLatency, slo.GRPCAvailability, slo.GRPCLatency, slo.DBAvailability, slo.DBLatency,
	} {
		assert.Equal(t, r.budget.total(sli), exported[sli], sli)
	}
}

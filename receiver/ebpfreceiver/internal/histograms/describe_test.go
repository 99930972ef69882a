// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// describe writes each data point in a line, sorted:
//
//	executable metric temporality [start,time] count sum | count of each bucket | attributes
func describe(t testing.TB, md pmetric.Metrics) []string {
	var out []string
	for _, rm := range md.ResourceMetrics().All() {
		executable, _ := rm.Resource().Attributes().Get("process.executable.name")
		for _, sm := range rm.ScopeMetrics().All() {
			require.Equal(t, "scope", sm.Scope().Name())
			require.Equal(t, "v1", sm.Scope().Version())
			names := map[string]bool{}
			for _, m := range sm.Metrics().All() {
				require.Equal(t, "s", m.Unit())
				require.False(t, names[m.Name()], "%s is there twice", m.Name())
				names[m.Name()] = true
				for _, dp := range m.Histogram().DataPoints().All() {
					var attributes []string
					for k, v := range dp.Attributes().All() {
						attributes = append(attributes, k+"="+v.AsString())
					}
					slices.Sort(attributes)
					out = append(out, fmt.Sprintf("%s %s %s [%d,%d] %d %gs | %v | %s", executable.Str(), m.Name(),
						m.Histogram().AggregationTemporality(), dp.StartTimestamp(), dp.Timestamp(), dp.Count(), dp.Sum(),
						dp.BucketCounts().AsRaw(), strings.Join(attributes, " ")))
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

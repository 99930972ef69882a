// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// describeSums writes each data point of sums in a line, sorted.
func describeSums(t testing.TB, md pmetric.Metrics) []string {
	var out []string
	for _, rm := range md.ResourceMetrics().All() {
		executable, _ := rm.Resource().Attributes().Get("process.executable.name")
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			require.Equal(t, semconv.UnmeasuredExchanges, m.Name())
			require.Equal(t, "{exchange}", m.Unit())
			require.True(t, m.Sum().IsMonotonic())
			for _, dp := range m.Sum().DataPoints().All() {
				var attributes []string
				for k, v := range dp.Attributes().All() {
					attributes = append(attributes, k+"="+v.AsString())
				}
				slices.Sort(attributes)
				out = append(out, fmt.Sprintf("%s %s [%d,%d] %d | %s", executable.Str(), m.Sum().AggregationTemporality(),
					dp.StartTimestamp(), dp.Timestamp(), dp.IntValue(), strings.Join(attributes, " ")))
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestUnmeasured: what was not measured is told by the minute as well, and told again
// if the feed did not take it.
func TestUnmeasured(t *testing.T) {
	gap := Unmeasured{Kind: semconv.KindServer, Family: semconv.ProtocolHTTP, Reason: "gap"}
	b := NewBacklog(twoEdges)
	b.At(10*minute+5).AddUnmeasured(nginx, gap, 3)
	b.At(10*minute+6).AddUnmeasured(nginx, gap, 1)
	b.At(10*minute+6).AddUnmeasured(nginx, Unmeasured{Reason: "aggregates_full"}, 7)
	assert.False(t, b.At(10*minute).Empty())
	assert.EqualValues(t, 11, b.Count())
	taken := b.Take()
	b.At(10*minute+9).AddUnmeasured(nginx, gap, 1)
	b.Return(taken)

	md := pmetric.NewMetrics()
	b.Export(md, "scope", "v1", 10*minute+1, 10*minute+20)
	assert.Equal(t, []string{
		"nginx Delta [600000000001,600000000020] 5 | sloe.kind=server sloe.protocol=http sloe.unmeasured.reason=gap",
		"nginx Delta [600000000001,600000000020] 7 | sloe.unmeasured.reason=aggregates_full",
	}, describeSums(t, md))
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"iter"
	"testing"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// spansOf yields the spans of a service in what a collector wrote.
func spansOf(all []ptrace.Traces, service string) iter.Seq[ptrace.Span] {
	return func(yield func(ptrace.Span) bool) {
		for _, td := range all {
			for _, rs := range td.ResourceSpans().All() {
				if str(rs.Resource().Attributes(), semconv.ServiceName) != service {
					continue
				}
				for _, ss := range rs.ScopeSpans().All() {
					for _, s := range ss.Spans().All() {
						if !yield(s) {
							return
						}
					}
				}
			}
		}
	}
}

// spansOf yields the spans that the collector wrote of a service.
func (b *bed) spansOf(t testing.TB, service string) iter.Seq[ptrace.Span] {
	t.Helper()
	return spansOf(b.Traces(t, "spans.json"), service)
}

// sumsOf yields the data points of a service's sums of a name, in the order in which the
// collector wrote them.
func (b *bed) sumsOf(t testing.TB, service, name string) iter.Seq[pmetric.NumberDataPoint] {
	t.Helper()
	all := b.Metrics(t, "metrics.json")
	return func(yield func(pmetric.NumberDataPoint) bool) {
		for _, md := range all {
			for _, rm := range md.ResourceMetrics().All() {
				if str(rm.Resource().Attributes(), semconv.ServiceName) != service {
					continue
				}
				for _, sm := range rm.ScopeMetrics().All() {
					for _, m := range sm.Metrics().All() {
						if m.Name() != name {
							continue
						}
						for _, dp := range m.Sum().DataPoints().All() {
							if !yield(dp) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package churn

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
)

// outcome holds a service's events of http_availability.
type outcome struct{ good, bad uint64 }

// events adds up what a collector counted over all of its reloads: each begins a
// series anew, with a start time of its own.
func events(t *testing.T, c *collectorbed.Collector) map[string]outcome {
	t.Helper()
	type series struct {
		service, outcome string
		start            pcommon.Timestamp
	}
	last := map[series]uint64{}
	for _, md := range c.Metrics(t, "sli.json") {
		for _, rm := range md.ResourceMetrics().All() {
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Name() != semconv.SLIEvents {
						continue
					}
					for _, dp := range m.Sum().DataPoints().All() {
						if text(dp.Attributes(), semconv.SLIName) == slo.HTTPAvailability {
							key := series{text(dp.Attributes(), semconv.ServiceName), text(dp.Attributes(), semconv.SLIOutcome), dp.StartTimestamp()}
							last[key] = max(last[key], uint64(dp.IntValue()))
						}
					}
				}
			}
		}
	}
	out := map[string]outcome{}
	for s, n := range last {
		o := out[s.service]
		if s.outcome == "good" {
			o.good += n
		} else {
			o.bad += n
		}
		out[s.service] = o
	}
	return out
}

func text(m pcommon.Map, key string) string {
	v, _ := m.Get(key)
	return v.AsString()
}

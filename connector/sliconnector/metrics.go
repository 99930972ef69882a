// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/semconv"
)

// consumeMetrics counts what became no span. Six metrics are Sloe's own; all
// others pass by: the duration histograms of the conventions hold every
// exchange, also those that were counted as spans.
func (c *counter) consumeMetrics(ctx context.Context, md pmetric.Metrics) {
	b := c.begin()
	open := openExchanges{}
	resources := md.ResourceMetrics()
	for i := range resources.Len() {
		rm := resources.At(i)
		service := serviceOf(rm.Resource().Attributes())
		u := spanless{counter: c, b: &b.Batch}
		scopes := rm.ScopeMetrics()
		for j := range scopes.Len() {
			metrics := scopes.At(j).Metrics()
			for k := range metrics.Len() {
				switch m := metrics.At(k); m.Name() {
				case semconv.UnspannedDuration, semconv.UnspannedFeltDuration:
					u.read(ctx, rm.Resource(), service, m)
				case semconv.OpenExchanges:
					c.readOpen(ctx, open, service, m)
				case semconv.UnmeasuredExchanges:
					c.readUnmeasured(ctx, &b.Batch, service, m)
				case semconv.SLIEvents, semconv.SLIUncertain:
					c.countRemote(ctx, &b.Batch, rm.Resource(), m)
				}
			}
		}
		u.end()
	}
	c.settle(ctx, b)
	c.tellOpen(open)
}

func rejectionOf(err error) rejection {
	switch {
	case errors.Is(err, indicator.ErrNoTimestamp):
		return rejectedNoTimestamp
	case errors.Is(err, indicator.ErrMalformed):
		return rejectedMalformed
	default:
		return rejectedAttributes
	}
}

// pointCount returns the number of data points of a metric of any type.
func pointCount(m pmetric.Metric) int {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return m.Gauge().DataPoints().Len()
	case pmetric.MetricTypeSum:
		return m.Sum().DataPoints().Len()
	case pmetric.MetricTypeHistogram:
		return m.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		return m.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		return m.Summary().DataPoints().Len()
	}
	return 0
}

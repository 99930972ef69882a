// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// consumeMetrics counts what became no span. Three metrics are Sloe's own; all
// others pass by: the duration histograms of the conventions hold every
// exchange, also those that were counted as spans.
func (c *counter) consumeMetrics(ctx context.Context, md pmetric.Metrics) {
	b := c.begin()
	open := openExchanges{}
	resources := md.ResourceMetrics()
	for i := range resources.Len() {
		rm := resources.At(i)
		scopes := rm.ScopeMetrics()
		for j := range scopes.Len() {
			metrics := scopes.At(j).Metrics()
			for k := range metrics.Len() {
				switch m := metrics.At(k); m.Name() {
				case semconv.UnspannedDuration:
					c.countUnspanned(ctx, &b.Batch, serviceOf(rm.Resource().Attributes()), m)
				case semconv.OpenExchanges:
					c.readOpen(ctx, open, serviceOf(rm.Resource().Attributes()), m)
				case semconv.SLIEvents:
					c.countRemote(ctx, &b.Batch, rm.Resource(), m)
				}
			}
		}
	}
	c.settle(ctx, b)
	c.tellOpen(open)
}

// countUnspanned counts the data points of sloe.unspanned.duration, each in the
// minute of its timestamp.
func (c *counter) countUnspanned(ctx context.Context, b *ledger.Batch, s slo.Service, m pmetric.Metric) {
	if m.Type() != pmetric.MetricTypeHistogram {
		c.loss.reject(ctx, rejectedType, pointCount(m))
		return
	}
	points := m.Histogram().DataPoints()
	if m.Histogram().AggregationTemporality() != pmetric.AggregationTemporalityDelta {
		c.loss.reject(ctx, rejectedTemporality, points.Len())
		return
	}
	t := c.target(s)
	for i := range points.Len() {
		p := points.At(i)
		e, err := indicator.FromPoint(p)
		if err != nil {
			c.loss.reject(ctx, rejectionOf(err), 1)
			continue
		}
		c.countPoint(b, t, &e, slo.MinuteOfUnixNano(uint64(p.Timestamp())))
	}
}

func (c *counter) countPoint(b *ledger.Batch, t target, e *indicator.Event, minute slo.Minute) {
	for rule, ind := range c.builtin {
		verdict := ind.Judge(e, t.threshold())
		switch {
		case !verdict.Concerns():
		case t.view == nil:
			b.Leave(rule, e.Count, t.lost)
		default:
			b.Count(t.view, rule, minute, verdict)
		}
	}
	c.countApart(b, t, e, minute)
	for i := range c.custom {
		b.Leave(len(c.builtin)+i, e.Count, indicator.NoSpan)
	}
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

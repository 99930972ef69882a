// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// openExchanges adds up, within one call, the points of a service that differ in
// protocol only: the recorder replaces what it was told before, so it has to be
// told the sum.
type openExchanges map[openKey]uint64

type openKey struct {
	service slo.Service
	minute  slo.Minute
}

// readOpen reads the gauge sloe.exchanges.open. Exchanges that the service
// itself waits for, as a client, say nothing about its own answers.
func (c *counter) readOpen(ctx context.Context, open openExchanges, s slo.Service, m pmetric.Metric) {
	if m.Type() != pmetric.MetricTypeGauge {
		c.loss.reject(ctx, rejectedType, pointCount(m))
		return
	}
	points := m.Gauge().DataPoints()
	if s.Name == "" {
		c.loss.reject(ctx, rejectedNoService, points.Len())
		return
	}
	for i := range points.Len() {
		p := points.At(i)
		switch {
		case p.ValueType() != pmetric.NumberDataPointValueTypeInt:
			c.loss.reject(ctx, rejectedType, 1)
		case p.Timestamp() == 0:
			c.loss.reject(ctx, rejectedNoTimestamp, 1)
		case p.IntValue() < 0:
			c.loss.reject(ctx, rejectedMalformed, 1)
		case textAt(p.Attributes(), semconv.Kind) == semconv.KindClient:
		default:
			open[openKey{s, slo.MinuteOfUnixNano(uint64(p.Timestamp()))}] += uint64(p.IntValue())
		}
	}
}

func (c *counter) tellOpen(open openExchanges) {
	if c.recorder == nil {
		return
	}
	for key, n := range open {
		c.recorder.Open(key.service, key.minute, n, c.writer)
	}
}

// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// readUnmeasured reads sloe.unmeasured: exchanges that nobody can judge, which make
// the service's indicators less certain. Where the protocol is known they are of that
// one's indicators. Where it is not, as of a server under TLS, they may be of each
// that the service is judged by as a server; a service of which no request was ever
// seen is not made one of HTTP by a guess.
func (c *counter) readUnmeasured(ctx context.Context, b *ledger.Batch, s slo.Service, m pmetric.Metric) {
	if m.Type() != pmetric.MetricTypeSum {
		c.loss.reject(ctx, rejectedType, pointCount(m))
		return
	}
	points := m.Sum().DataPoints()
	switch {
	case m.Sum().AggregationTemporality() != pmetric.AggregationTemporalityDelta:
		c.loss.reject(ctx, rejectedTemporality, points.Len())
		return
	case s.Name == "":
		c.loss.reject(ctx, rejectedNoService, points.Len())
		return
	}
	for i := range points.Len() {
		if why := c.addUnmeasured(ctx, b, s, points.At(i)); why != "" {
			c.loss.reject(ctx, why, 1)
		}
	}
}

func (c *counter) addUnmeasured(ctx context.Context, b *ledger.Batch, s slo.Service, p pmetric.NumberDataPoint) rejection {
	switch {
	case p.ValueType() != pmetric.NumberDataPointValueTypeInt:
		return rejectedType
	case p.Timestamp() == 0:
		return rejectedNoTimestamp
	case p.IntValue() < 0:
		return rejectedMalformed
	}
	n, minute := uint64(p.IntValue()), slo.MinuteOfUnixNano(uint64(p.Timestamp()))
	kind, protocol := textAt(p.Attributes(), semconv.Kind), textAt(p.Attributes(), semconv.Protocol)
	var view *ledger.View
	concerned := func(rule int, family indicator.Family) bool { return family != indicator.DB && view.Seen(rule) }
	if protocol != "" {
		family, err := indicator.FamilyOf(kind, protocol)
		if err != nil {
			return rejectedAttributes
		}
		if family == indicator.NoFamily {
			return "" // the other end of an exchange counts it
		}
		t := c.target(s)
		if t.view == nil {
			return rejection(t.lost)
		}
		view = t.view
		concerned = func(_ int, of indicator.Family) bool { return of == family }
	} else if kind != semconv.KindClient {
		view = c.ledger.Known(s)
	}
	told := false
	if view != nil {
		told = c.miss(b, view, minute, n, concerned)
	}
	if !told {
		c.telemetry.ConnectorSliUnattributed.Add(ctx, int64(n))
	}
	return ""
}

// miss tells the rules that are concerned of what they could not judge, and whether
// there are any.
func (c *counter) miss(b *ledger.Batch, view *ledger.View, minute slo.Minute, n uint64, concerned func(rule int, of indicator.Family) bool) (told bool) {
	for rule, ind := range c.builtin {
		if concerned(rule, ind.Family) {
			b.Miss(view, rule, minute, n, indicator.Unmeasured)
			told = true
		}
	}
	for i, apart := range view.Apart {
		if rule := len(c.rules) + i; concerned(rule, c.builtin[apart.Rule].Family) {
			b.Miss(view, rule, minute, n, indicator.Unmeasured)
			told = true
		}
	}
	return told
}

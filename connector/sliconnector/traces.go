// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/custom"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/internal/slo"
)

// consumeTraces counts every span in the minute of its end.
func (c *counter) consumeTraces(ctx context.Context, td ptrace.Traces) {
	b := c.begin()
	resources := td.ResourceSpans()
	for i := range resources.Len() {
		rs := resources.At(i)
		t := c.target(serviceOf(rs.Resource().Attributes()))
		scopes := rs.ScopeSpans()
		for j := range scopes.Len() {
			ss := scopes.At(j)
			spans := ss.Spans()
			for k := range spans.Len() {
				c.countSpan(b, t, spans.At(k))
				if len(c.custom) != 0 {
					c.countByConditions(ctx, b, t, rs, ss, spans.At(k))
				}
			}
		}
	}
	c.settle(ctx, b)
}

// target is the service that events count for, or why they cannot.
type target struct {
	view *ledger.View // nil: see lost
	lost indicator.Reason
}

func (c *counter) target(s slo.Service) target {
	if s.Name == "" {
		return target{lost: indicator.NoServiceName}
	}
	if v := c.ledger.View(s); v != nil {
		return target{view: v}
	}
	return target{lost: indicator.ServiceLimit}
}

// threshold is the latency threshold of the service; without a service the
// verdict is dropped anyway.
func (t target) threshold() time.Duration {
	if t.view == nil {
		return 0
	}
	return t.view.Threshold
}

func (c *counter) countSpan(b *call, t target, s ptrace.Span) {
	e := b.reader.Span(s)
	if e.Family == indicator.NoFamily {
		return
	}
	for rule, ind := range c.builtin {
		if ind.Family == e.Family {
			t.count(&b.Batch, rule, s, ind.Judge(e, t.threshold()))
		}
	}
	if end := s.EndTimestamp(); end != 0 {
		c.countApart(&b.Batch, t, e, slo.MinuteOfUnixNano(uint64(end)))
	}
}

// countApart counts an event once more for each further threshold of its service.
// What has no service or no minute was left out by the indicator already.
func (c *counter) countApart(b *ledger.Batch, t target, e *indicator.Event, minute slo.Minute) {
	if t.view == nil {
		return
	}
	for i, apart := range t.view.Apart {
		if ind := c.builtin[apart.Rule]; ind.Family == e.Family {
			b.Count(t.view, len(c.rules)+i, minute, ind.Judge(e, apart.Threshold))
		}
	}
}

func (c *counter) countByConditions(ctx context.Context, b *call, t target, rs ptrace.ResourceSpans, ss ptrace.ScopeSpans, s ptrace.Span) {
	tc := custom.Context(rs, ss, s)
	defer tc.Close()
	for i, ind := range c.custom {
		rule := len(c.builtin) + i
		verdict, err := ind.Judge(ctx, tc)
		switch {
		case err != nil:
			c.loss.evaluation(ctx, rule)
		case verdict.Concerns():
			t.count(&b.Batch, rule, s, verdict)
		}
	}
}

// count adds the verdict on a span. Without a service or a minute to count it
// in, the event is left out for that reason, whatever the verdict.
func (t target) count(b *ledger.Batch, rule int, s ptrace.Span, verdict indicator.Verdict) {
	end := uint64(s.EndTimestamp())
	switch {
	case t.view == nil:
		b.Leave(rule, 1, t.lost)
	case end == 0:
		b.Leave(rule, 1, indicator.NoEndTime)
	default:
		b.Count(t.view, rule, slo.MinuteOfUnixNano(end), verdict)
	}
}

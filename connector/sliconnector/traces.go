// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/custom"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// consumeTraces counts every span in the minute of its end.
func (c *counter) consumeTraces(ctx context.Context, td ptrace.Traces) {
	b := c.begin()
	resources := td.ResourceSpans()
	for i := range resources.Len() {
		rs := resources.At(i)
		t := c.target(serviceOf(rs.Resource().Attributes()))
		c.ofResource(b, rs)
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

// limit is that of the service for a rule; without a service the verdict is dropped
// anyway.
func (t target) limit(rule int) slo.Limit {
	if t.view == nil {
		return slo.Limit{}
	}
	return t.view.Limit(rule)
}

// ofResource says what holds for all spans of a resource.
func (c *counter) ofResource(b *call, rs ptrace.ResourceSpans) {
	if c.attributes {
		b.Version(textAt(rs.Resource().Attributes(), semconv.ServiceVersion))
		b.causes.Resource(rs)
	}
}

func (c *counter) countSpan(b *call, t target, s ptrace.Span) {
	e := b.reader.Span(s)
	if e.Family == indicator.NoFamily {
		return
	}
	for rule, ind := range c.builtin {
		if ind.Family == e.Family {
			limit := t.limit(rule)
			verdict := ind.Judge(e, limit)
			if at := t.count(&b.Batch, rule, s, verdict); verdict.Bad != 0 && at >= 0 {
				c.blame(b, at, s, ind, limit)
			}
		}
	}
	end := s.EndTimestamp()
	if end == 0 || t.view == nil {
		return // left out by the indicator already
	}
	minute := slo.MinuteOfUnixNano(uint64(end))
	for i, apart := range t.view.Apart {
		if ind := c.builtin[apart.Rule]; ind.Family == e.Family {
			verdict := ind.Judge(e, apart.Limit)
			if at := b.Count(t.view, len(c.rules)+i, minute, verdict); verdict.Bad != 0 {
				c.blame(b, at, s, ind, apart.Limit)
			}
		}
	}
	if d := &e.Durations; c.times && d.QueueKnown && d.Unusable == "" {
		b.Wait(t.view, minute, d.Queue, d.Exact)
	}
}

// blame says what caused a bad span. An indicator about latency asks who was slow,
// unless there was no answer at all.
func (c *counter) blame(b *call, at int, s ptrace.Span, ind *indicator.Indicator, limit slo.Limit) {
	if !c.attributes {
		return
	}
	var slow time.Duration
	if ind.Timed() {
		slow = limit.Threshold
	}
	b.Blame(at, b.causes.Of(s, slow), 1)
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
			if at := t.count(&b.Batch, rule, s, verdict); verdict.Bad != 0 && at >= 0 && c.attributes {
				b.Blame(at, b.causes.Of(s, 0), 1)
			}
		}
	}
}

// nowhere is where an event stands that was not counted.
const nowhere = -1

// count adds the verdict on a span, and returns where it stands. Without a service
// or a minute to count it in, the event is left out for that reason, whatever the
// verdict.
func (t target) count(b *ledger.Batch, rule int, s ptrace.Span, verdict indicator.Verdict) (at int) {
	end := uint64(s.EndTimestamp())
	switch {
	case t.view == nil:
		b.Leave(rule, 1, t.lost)
	case end == 0:
		b.Leave(rule, 1, indicator.NoEndTime)
	default:
		return b.Count(t.view, rule, slo.MinuteOfUnixNano(end), verdict)
	}
	return nowhere
}

// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/cause"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// spanless counts the exchanges of one resource that became no span. They come in
// two forms, by the handler's duration and by what the caller felt: an objective
// takes its counts from one of them. Exchanges that only the first form holds have
// no queue time that is known.
type spanless struct {
	*counter
	b      *ledger.Batch
	target target
	known  bool // target is
	// counts of both forms by family.
	handled, felt [indicator.Families]uint64
	// minute of the latest data point: those of a resource are of one minute.
	minute slo.Minute
}

// read counts the data points of a metric, each in the minute of its timestamp.
func (u *spanless) read(ctx context.Context, resource pcommon.Resource, s slo.Service, m pmetric.Metric) {
	if m.Type() != pmetric.MetricTypeHistogram {
		u.loss.reject(ctx, rejectedType, pointCount(m))
		return
	}
	points := m.Histogram().DataPoints()
	if m.Histogram().AggregationTemporality() != pmetric.AggregationTemporalityDelta {
		u.loss.reject(ctx, rejectedTemporality, points.Len())
		return
	}
	if !u.known {
		u.target, u.known = u.counter.target(s), true
		if u.attributes {
			u.b.Version(textAt(resource.Attributes(), semconv.ServiceVersion))
		}
	}
	for i := range points.Len() {
		p := points.At(i)
		e, err := indicator.FromPoint(p)
		if err != nil {
			u.loss.reject(ctx, rejectionOf(err), 1)
			continue
		}
		e.Durations.Felt = m.Name() == semconv.UnspannedFeltDuration
		u.minute = slo.MinuteOfUnixNano(uint64(p.Timestamp()))
		u.count(&e, u.minute, cause.OfError(errorOf(p)))
	}
}

func (u *spanless) count(e *indicator.Event, minute slo.Minute, why cause.Cause) {
	switch {
	case e.Outcome == indicator.AbortedByServer, e.Outcome == indicator.AbortedByClient:
	case e.Durations.Felt:
		u.felt[e.Family] += e.Count
	default:
		u.handled[e.Family] += e.Count
	}
	t := u.target
	for rule, ind := range u.builtin {
		verdict := ind.Judge(e, t.limit(rule))
		switch {
		case !verdict.Concerns():
		case t.view == nil:
			u.b.Leave(rule, e.Count, t.lost)
		default:
			u.tell(rule, minute, verdict, why)
		}
	}
	if t.view != nil {
		for i, apart := range t.view.Apart {
			if verdict := u.builtin[apart.Rule].Judge(e, apart.Limit); verdict.Concerns() {
				u.tell(len(u.rules)+i, minute, verdict, why)
			}
		}
	}
	if e.Durations.Felt {
		return // said once
	}
	for i := range u.custom {
		u.b.Leave(len(u.builtin)+i, e.Count, indicator.NoSpan)
	}
}

func (u *spanless) tell(rule int, minute slo.Minute, verdict indicator.Verdict, why cause.Cause) {
	if at := u.b.Count(u.target.view, rule, minute, verdict); verdict.Bad != 0 && u.attributes {
		u.b.Blame(at, why, verdict.Bad)
	}
}

// end says what the objectives on what callers felt did not get to see.
func (u *spanless) end() {
	if u.target.view == nil {
		return
	}
	missing := func(ind *indicator.Indicator) uint64 {
		return u.handled[ind.Family] - min(u.felt[ind.Family], u.handled[ind.Family])
	}
	for rule, ind := range u.builtin {
		if n := missing(ind); n > 0 && ind.Timed() && u.target.limit(rule).Felt {
			u.b.Miss(u.target.view, rule, u.minute, n, indicator.QueueUnknown)
		}
	}
	for i, apart := range u.target.view.Apart {
		if n := missing(u.builtin[apart.Rule]); n > 0 && apart.Limit.Felt {
			u.b.Miss(u.target.view, len(u.rules)+i, u.minute, n, indicator.QueueUnknown)
		}
	}
}

// errorOf is how the exchanges of a point ended: no more is known of their errors.
func errorOf(p pmetric.HistogramDataPoint) string {
	if outcome := textAt(p.Attributes(), semconv.ExchangeOutcome); outcome != "" {
		return outcome
	}
	return textAt(p.Attributes(), semconv.StatusClass)
}

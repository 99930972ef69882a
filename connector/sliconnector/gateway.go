// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/remote"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// countRemote tells the recorder what other collectors counted. It does not add
// to this collector's own sli.events: those of the others pass through the
// pipelines as they are, and must not appear twice in a back-end.
func (c *counter) countRemote(ctx context.Context, b *ledger.Batch, resource pcommon.Resource, m pmetric.Metric) {
	if m.Type() != pmetric.MetricTypeSum {
		c.loss.reject(ctx, rejectedType, pointCount(m))
		return
	}
	points := m.Sum().DataPoints()
	if m.Sum().AggregationTemporality() != pmetric.AggregationTemporalityCumulative || !m.Sum().IsMonotonic() {
		c.loss.reject(ctx, rejectedTemporality, points.Len())
		return
	}
	instance := textAt(resource.Attributes(), semconv.ServiceInstanceID)
	switch instance {
	case "":
		c.loss.reject(ctx, rejectedNoWriter, points.Len())
		return
	case c.writer.Instance:
		c.loss.reject(ctx, rejectedOwn, points.Len())
		return
	}
	beats := map[beat]struct{}{}
	for i := range points.Len() {
		p := points.At(i)
		r, why := c.readRemote(resource, instance, m.Name(), p)
		if why == "" {
			why = c.addRemote(b, r)
		}
		if why != "" {
			c.loss.reject(ctx, why, 1)
			continue
		}
		beats[beat{r.series.Writer, r.minute}] = struct{}{}
	}
	if c.recorder != nil {
		for beat := range beats {
			c.recorder.Heartbeat(beat.minute, beat.writer)
		}
	}
}

// beat is the proof, by a data point, that a writer measured in a minute.
type beat struct {
	writer slo.Writer
	minute slo.Minute
}

// remotePoint is a data point of sli.events.
type remotePoint struct {
	series     remote.Series
	definition slo.Definition
	rule       int
	minute     slo.Minute
	value      uint64
}

// readRemote reads a data point. The minute is that of the export: its writer
// knew the minute of each event and the sum does not, so that a count may appear
// one export interval late.
func (c *counter) readRemote(resource pcommon.Resource, instance, metric string, p pmetric.NumberDataPoint) (remotePoint, rejection) {
	switch {
	case p.ValueType() != pmetric.NumberDataPointValueTypeInt:
		return remotePoint{}, rejectedType
	case p.Timestamp() == 0, p.StartTimestamp() == 0:
		return remotePoint{}, rejectedNoTimestamp
	case p.IntValue() < 0:
		return remotePoint{}, rejectedMalformed
	}
	outcome, ok := outcomeOf(metric, p)
	if !ok {
		return remotePoint{}, rejectedAttributes
	}
	sli := textAt(p.Attributes(), semconv.SLIName)
	rule, ok := c.ruleNamed(sli)
	if !ok && !slo.IsApart(sli) {
		return remotePoint{}, rejectedUnknownSLI
	}
	service := serviceOf(p.Attributes())
	if service.Name == "" {
		service = serviceOf(resource.Attributes())
	}
	t := c.target(service)
	if t.view == nil {
		return remotePoint{}, rejection(t.lost)
	}
	if !ok {
		if rule, ok = t.view.Named(sli); !ok {
			return remotePoint{}, rejectedUnknownSLI
		}
	}
	key, definition := t.view.Promise(rule)
	return remotePoint{
		series: remote.Series{
			Writer: slo.Writer{Instance: instance, StartUnixNano: int64(p.StartTimestamp())},
			Key:    key, Outcome: outcome,
		},
		definition: definition, rule: t.view.Indicator(rule),
		minute: slo.MinuteOfUnixNano(uint64(p.Timestamp())),
		value:  uint64(p.IntValue()),
	}, ""
}

func outcomeOf(metric string, p pmetric.NumberDataPoint) (remote.Outcome, bool) {
	if metric == semconv.SLIUncertain {
		return remote.Uncertain, true
	}
	switch textAt(p.Attributes(), semconv.SLIOutcome) {
	case semconv.OutcomeGood:
		return remote.Good, true
	case semconv.OutcomeBad:
		return remote.Bad, true
	}
	return 0, false
}

func (c *counter) ruleNamed(name string) (int, bool) {
	for i := range c.rules {
		if c.rules[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// addRemote tells the recorder the increment, and of zero too: it makes the
// series known.
func (c *counter) addRemote(b *ledger.Batch, r remotePoint) rejection {
	n, result := c.remote.Increment(r.series, r.value, time.Now())
	switch result {
	case remote.Stale:
		return rejectedStale
	case remote.Full:
		return rejectedSeriesLimit
	case remote.Baseline:
		b.Leave(r.rule, n, indicator.BeforeStart)
		n = 0
	}
	if c.recorder == nil {
		return ""
	}
	switch r.series.Outcome {
	case remote.Good:
		c.recorder.Add(r.series.Key, r.minute, n, 0, r.definition, r.series.Writer)
	case remote.Bad:
		c.recorder.Add(r.series.Key, r.minute, 0, n, r.definition, r.series.Writer)
	case remote.Uncertain:
		if n != 0 {
			c.recorder.Uncertain(r.series.Key, r.minute, n, r.definition, r.series.Writer)
		}
	}
	return ""
}

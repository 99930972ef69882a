// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
)

// rejection names why a data point was refused, a value of the attribute reason
// of connector_sli_rejected_data_points.
type rejection string

const (
	rejectedType        rejection = "unsupported_type"
	rejectedTemporality rejection = "temporality"
	rejectedNoTimestamp rejection = "no_timestamp"
	rejectedMalformed   rejection = "malformed"
	rejectedAttributes  rejection = "unknown_attributes"
	rejectedNoService   rejection = "no_service_name"
	// Of sli.events alone:
	rejectedNoWriter    rejection = "no_writer"    // no service.instance.id
	rejectedOwn         rejection = "own_events"   // this collector's own: the pipelines run in a circle
	rejectedUnknownSLI  rejection = "unknown_sli"  // an indicator that is not configured here
	rejectedStale       rejection = "stale"        // overtaken by a later export
	rejectedSeriesLimit rejection = "series_limit" // more series than are remembered
)

// lossMeter counts in the connector's own metrics what did not become good or
// bad.
type lossMeter struct {
	telemetry *metadata.TelemetryBuilder
	sli       []metric.MeasurementOption // by rule
	left      [][]metric.MeasurementOption
}

func newLossMeter(telemetry *metadata.TelemetryBuilder, rules []ledger.Rule) *lossMeter {
	m := &lossMeter{telemetry: telemetry}
	for _, r := range rules {
		name := attribute.String("sli", r.Name)
		m.sli = append(m.sli, metric.WithAttributeSet(attribute.NewSet(name)))
		var byReason []metric.MeasurementOption
		for _, why := range indicator.Reasons {
			byReason = append(byReason, metric.WithAttributeSet(attribute.NewSet(name, attribute.String("reason", string(why)))))
		}
		m.left = append(m.left, byReason)
	}
	return m
}

func (m *lossMeter) report(ctx context.Context, b *ledger.Batch) {
	b.EachLeft(func(rule, reason int, n uint64) {
		counter := m.telemetry.ConnectorSliExcluded
		if indicator.Reasons[reason].Lost() {
			counter = m.telemetry.ConnectorSliLost
		}
		counter.Add(ctx, int64(n), m.left[rule][reason])
	})
}

func (m *lossMeter) evaluation(ctx context.Context, rule int) {
	m.telemetry.ConnectorSliEvaluationErrors.Add(ctx, 1, m.sli[rule])
}

func (m *lossMeter) reject(ctx context.Context, why rejection, points int) {
	if points == 0 {
		return
	}
	m.telemetry.ConnectorSliRejectedDataPoints.Add(ctx, int64(points),
		metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", string(why)))))
}

// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
)

// NewFactory returns the factory of the connector. The instances that one
// factory makes for the same component share their counts.
func NewFactory() connector.Factory {
	shared := newInstances()
	return connector.NewFactory(metadata.Type, createDefaultConfig,
		connector.WithTracesToMetrics(shared.createTraces, metadata.TracesToMetricsStability),
		connector.WithMetricsToMetrics(shared.createMetrics, metadata.MetricsToMetricsStability))
}

func (s *instances) createTraces(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Traces, error) {
	p, err := s.pair(set, cfg.(*Config), next)
	if err != nil {
		return nil, err
	}
	return tracesPair{p}, nil
}

func (s *instances) createMetrics(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Metrics, error) {
	p, err := s.pair(set, cfg.(*Config), next)
	if err != nil {
		return nil, err
	}
	return metricsPair{p}, nil
}

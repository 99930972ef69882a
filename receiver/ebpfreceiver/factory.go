// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/sloe-dev/sloe/internal/backend"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// NewFactory returns the factory of the receiver. The traces and the metrics
// receiver of one configuration share one set of kernel hooks.
func NewFactory() receiver.Factory {
	shared := newSharedReceivers()
	return receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithTraces(func(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Traces) (receiver.Traces, error) {
			r, err := shared.get(set, cfg.(*Config))
			if err != nil {
				return nil, err
			}
			r.traces = next
			return r, nil
		}, metadata.TracesStability),
		receiver.WithMetrics(func(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
			r, err := shared.get(set, cfg.(*Config))
			if err != nil {
				return nil, err
			}
			r.metrics = next
			return r, nil
		}, metadata.MetricsStability))
}

func createDefaultConfig() component.Config {
	return &Config{
		Backend:         backend.Auto,
		RingBuffer:      4 << 20,
		StuckAfter:      30 * time.Second,
		FlushInterval:   500 * time.Millisecond,
		MetricsInterval: 10 * time.Second,
		QueueTime:       true,
		Metrics:         MetricsConfig{Names: namesStable},
		Protocols:       slices.Clone(defaultProtocols),
		Sampling:        SamplingConfig{Ratio: 1, Always: []string{alwaysErrors, alwaysSlow}, Slow: time.Second},
		HTTP:            defaultHTTP(),
		SQL:             SQLConfig{QueryText: sqltext.Off.String()},
		Processes:       defaultProcesses(),
	}
}

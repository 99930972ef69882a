// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/slo"
)

// instances finds the counter of a component. The collector makes one connector
// for each pair of signals, but spans and data points feed the same indicators:
// the pairs share one counter, which starts with the first of them and stops
// with the last.
type instances struct {
	mu     sync.Mutex
	shared map[instanceKey]*instance
}

// instanceKey holds the configuration beside the name, so that a pair that was
// made and never shut down, as after a failed start, is not met again by the
// next configuration of the same name.
type instanceKey struct {
	id  component.ID
	cfg *Config
}

// instance counts the pairs that use a counter.
type instance struct {
	counter *counter
	made    int // pairs that were made and not shut down
	running bool
}

func newInstances() *instances { return &instances{shared: map[instanceKey]*instance{}} }

// pair joins the counter of a component. The counter exports to the consumer of
// the first pair: those of the others lead to the same pipelines.
func (s *instances) pair(set connector.Settings, cfg *Config, next consumer.Metrics) (*pair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := instanceKey{set.ID, cfg}
	in := s.shared[key]
	if in == nil {
		c, err := newCounter(set.TelemetrySettings, cfg, next)
		if err != nil {
			return nil, err
		}
		in = &instance{counter: c}
		s.shared[key] = in
	}
	in.made++
	return &pair{owner: s, key: key, instance: in}, nil
}

// pair is one connector of the collector's graph.
type pair struct {
	owner    *instances
	key      instanceKey
	instance *instance
	left     bool
}

// Start starts the counter, unless another pair did.
func (p *pair) Start(ctx context.Context, host component.Host) error {
	p.owner.mu.Lock()
	defer p.owner.mu.Unlock()
	if p.instance.running {
		return nil
	}
	if err := p.instance.counter.start(ctx, host); err != nil {
		return err
	}
	p.instance.running = true
	return nil
}

// Shutdown stops the counter when the last pair leaves. It waits for the last
// export and holds no lock meanwhile.
func (p *pair) Shutdown(ctx context.Context) error {
	p.owner.mu.Lock()
	last := false
	if !p.left {
		p.left = true
		p.instance.made--
		last = p.instance.made == 0
	}
	if last {
		delete(p.owner.shared, p.key)
	}
	p.owner.mu.Unlock()
	if !last {
		return nil
	}
	return p.instance.counter.shutdown(ctx)
}

// Capabilities: the connector reads what it is given and changes nothing.
func (*pair) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

type tracesPair struct{ *pair }

func (p tracesPair) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	p.instance.counter.consumeTraces(ctx, td)
	slo.MarkCounted(ctx)
	return nil
}

type metricsPair struct{ *pair }

func (p metricsPair) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	p.instance.counter.consumeMetrics(ctx, md)
	slo.MarkCounted(ctx)
	return nil
}

var (
	_ connector.Traces  = tracesPair{}
	_ connector.Metrics = metricsPair{}
)

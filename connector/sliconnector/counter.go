// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/cause"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/custom"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/remote"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// counter is the connector's state, shared by its pairs of signals. Event time
// comes from the data; the clock is read for heartbeats and exports only.
type counter struct {
	cfg       *Config
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	loss      *lossMeter
	next      consumer.Metrics

	// Rules are numbered: the built-in indicators first, then one's own.
	builtin []*indicator.Indicator
	custom  []*custom.Indicator
	rules   []ledger.Rule

	// Set by start, before the first data.
	recorder slo.Recorder // nil: nobody to tell
	// attributes tells that the recorder wants to know what bad events have in
	// common, and times that it wants to know where time went.
	attributes, times bool
	file              *slo.CatalogueFile
	ledger            *ledger.Ledger
	remote            *remote.Counts
	writer            slo.Writer

	calls      sync.Pool // of *call
	lastExport pcommon.Timestamp
	cancel     context.CancelFunc
	loops      sync.WaitGroup
}

func newCounter(set component.TelemetrySettings, cfg *Config, next consumer.Metrics) (*counter, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	c := &counter{
		cfg: cfg, logger: set.Logger, telemetry: telemetry, next: next,
		writer: slo.Writer{Instance: instanceID(set.Resource)},
	}
	for _, ind := range indicator.All() {
		if slices.Contains(cfg.Indicators, ind.Name) {
			c.builtin = append(c.builtin, ind)
			c.rules = append(c.rules, ledger.Rule{Name: ind.Name, Definition: ind.Definition})
		}
	}
	for _, name := range sortedNames(cfg.SLIs) {
		spans := cfg.SLIs[name].Spans
		ind, err := custom.Parse(name, spans.Valid, spans.Good, set)
		if err != nil {
			return nil, err
		}
		c.custom = append(c.custom, ind)
		c.rules = append(c.rules, ledger.Rule{Name: name, Definition: ind.Definition})
	}
	c.loss = newLossMeter(telemetry, c.rules)
	c.calls.New = func() any {
		return &call{Batch: *ledger.NewBatch(len(c.rules)), reader: indicator.NewReader(), causes: cause.NewReader()}
	}
	return c, nil
}

// instanceID is the service.instance.id that the collector gave itself. One that
// has none gets a name for the time it runs: two nameless writers must not be
// taken for one.
func instanceID(resource pcommon.Resource) string {
	if v, ok := resource.Attributes().Get(semconv.ServiceInstanceID); ok && v.AsString() != "" {
		return v.AsString()
	}
	return rand.Text()
}

func (c *counter) start(_ context.Context, host component.Host) error {
	catalogue, err := c.findCatalogue(host)
	if err != nil {
		return err
	}
	_, c.attributes = c.recorder.(slo.Attributor)
	_, c.times = c.recorder.(slo.QueueRecorder)
	c.ledger = ledger.New(c.rules, catalogue, c.cfg.MaxServices)
	now := time.Now()
	c.remote = remote.NewCounts(now)
	c.writer.StartUnixNano = now.UnixNano()

	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	// Two loops: an export that waits for a slow consumer must not stop the
	// heartbeat, or minutes that were measured would count as blind ones.
	c.loops.Go(func() { c.beat(ctx) })
	c.loops.Go(func() { c.exportLoop(ctx) })
	return nil
}

// shutdown stops the loops and exports what they did not. It may be called
// without start. A consumer that refuses the last export is told of and is no
// error: at a reload an error would end the collector, because a back-end is down.
func (c *counter) shutdown(ctx context.Context) error {
	defer c.telemetry.Shutdown()
	if c.cancel == nil {
		return nil
	}
	c.cancel()
	c.loops.Wait()
	if err := c.exportAll(ctx); err != nil {
		c.logger.Error("the last sli.events were not taken; what was counted since the export before is missing there", zap.Error(err))
	}
	return ctx.Err()
}

// call is what one call of a pair needs and the next one uses again.
type call struct {
	ledger.Batch
	reader *indicator.Reader
	causes *cause.Reader
}

func (c *counter) begin() *call { return c.calls.Get().(*call) }

// settle hands the counts of a call on and ends it.
func (c *counter) settle(ctx context.Context, b *call) {
	b.Commit(c.recorder, c.writer)
	c.loss.report(ctx, &b.Batch)
	b.Reset()
	b.causes.Reset()
	c.calls.Put(b)
}

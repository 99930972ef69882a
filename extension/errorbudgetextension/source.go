// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promsource"
	"github.com/sloe-dev/sloe/internal/slo"
)

// source reads a Prometheus: all the time, or its past once.
type source struct {
	reader *promsource.Reader
	close  func()
	// limited is set while there are more series than are followed. Only the
	// reader's goroutine touches it.
	limited bool
}

// elsewhere is about counts that come from the connector although they are read
// from a Prometheus.
type elsewhere struct {
	refused atomic.Uint64
}

// SuppliedBy is that of slo.Supplied.
func (e *budgetExtension) SuppliedBy() string {
	if e.suppliedByPrometheus() {
		return sourcePrometheus
	}
	return ""
}

func (e *budgetExtension) suppliedByPrometheus() bool { return e.cfg.Source == sourcePrometheus }

// refuse tells whether a Recorder's call is not to be taken, and counts it.
func (e *budgetExtension) refuse() bool {
	if !e.suppliedByPrometheus() {
		return false
	}
	if e.elsewhere.refused.Add(1) == 1 {
		e.set.Logger.Error("Counts are told that are read from Prometheus already; they are not taken. `source` says which are.")
	}
	return true
}

// openSource prepares to read what `prometheus` says, if it says anything.
func (e *budgetExtension) openSource(ctx context.Context, host component.Host) error {
	cfg := &e.cfg.Prometheus
	if !cfg.configured() {
		return nil
	}
	client, err := cfg.Client.ToClient(ctx, host.GetExtensions(), e.set.TelemetrySettings)
	if err != nil {
		return fmt.Errorf("`prometheus`: %w", err)
	}
	cursor, err := e.store.Cursor(ctx)
	if err != nil {
		e.set.Logger.Error("How far Prometheus was read is not known any more; it is read on behind what the store holds.", zap.Error(err))
		cursor = nil
	}
	api := promapi.New(cfg.Client.Endpoint, client, cfg.MaxAnswerBytes)
	set := promsource.Settings{
		Samples:     samplesOf(api, cfg.selectors()...),
		Uncertain:   cfg.UncertainMetric,
		Selector:    cfg.selector(cfg.Metric),
		Labels:      cfg.labels(),
		Definition:  e.definition,
		Deliver:     e.keeper.Deliver,
		WriterName:  func(instance string) string { return e.lasting(slo.Writer{Instance: instance}).Instance },
		Clock:       e.clock,
		Interval:    cfg.Interval,
		Overlap:     cfg.Overlap,
		MaxGap:      cfg.MaxGap,
		MaxSeries:   cfg.MaxSeries,
		FromZero:    cfg.NewSeries == seriesFromZero,
		History:     cfg.Backfill,
		HistoryOnly: !e.suppliedByPrometheus(),
		Report:      e.prometheusRead,
		Told:        e.prometheusTold,
		Progress:    e.prometheusProgress,
	}
	switch {
	case set.HistoryOnly:
		set.Deliver = e.keeper.Archive
	case cfg.OpenMetric != "":
		set.OpenSamples = samplesOf(api, cfg.selector(cfg.OpenMetric))
		set.Open = e.keeper.Open
	}
	first, last, any := e.keeper.Ledger().Extent()
	reader, err := promsource.New(set, cursor, promsource.Extent{First: first, Last: last, Any: any})
	if err != nil {
		e.set.Logger.Error("Prometheus is not read on where it was read before.", zap.Error(err))
	}
	e.source = &source{reader: reader, close: client.CloseIdleConnections}
	return nil
}

type samples = func(ctx context.Context, from, to int64, visit func(promapi.Series) error) error

func samplesOf(api *promapi.Client, selectors ...string) samples {
	return func(ctx context.Context, from, to int64, visit func(promapi.Series) error) error {
		for _, selector := range selectors {
			if err := api.Samples(ctx, selector, from, to, visit); err != nil {
				return err
			}
		}
		return nil
	}
}

// runSource reads until Shutdown, or until history is read, which is served then.
func (e *budgetExtension) runSource() {
	defer e.source.close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped := make(chan struct{})
	defer func() { <-stopped }()
	go func() {
		defer close(stopped)
		select {
		case <-e.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer cancel()
	read := e.source.reader.Run(ctx)
	for read && !e.suppliedByPrometheus() {
		err := e.keeper.Serve(ctx)
		if e.prometheusRead(err); err == nil {
			e.set.Logger.Info("The history from Prometheus is served.")
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// definition says by which definition an indicator that Prometheus has is counted:
// a built-in one by that of the catalogue, as the connector does, another one by
// what is known of it.
func (e *budgetExtension) definition(key slo.Key) slo.Definition {
	if d, ok := e.catalogue.Lookup(key.Service).DefinitionOf(key.SLI); ok {
		return d
	}
	if d, ok := e.keeper.Ledger().Definition(key); ok {
		return d
	}
	return slo.DefinitionOf(sourcePrometheus, key.SLI)
}

var errMaxSeries = errors.New("there are more series than `prometheus::max_series` allows; those beyond are not counted")

// prometheusRead is told how a read went.
func (e *budgetExtension) prometheusRead(err error) {
	outcome := "success"
	if err != nil {
		outcome = "failure"
	}
	e.telemetry.ExtensionErrorBudgetPrometheusReads.Add(context.Background(), 1, outcomeOf(outcome))
	if err == nil && e.source.limited {
		err = errMaxSeries
	}
	if !e.health.report(troublePrometheus, err) {
		return
	}
	if err != nil {
		e.set.Logger.Error("Prometheus cannot be read; until it can, minutes are not measured.", zap.Error(err))
		return
	}
	e.set.Logger.Info("Prometheus can be read.")
}

// prometheusTold is told what a page held beside its counts.
func (e *budgetExtension) prometheusTold(t promsource.Tally) {
	ctx := context.Background()
	for _, reason := range promsource.AllUncounted() {
		if n := t.Uncounted[reason]; n > 0 {
			e.telemetry.ExtensionErrorBudgetPrometheusUncounted.Add(ctx, int64(n), reasonOf(reason.String()))
		}
	}
	for _, reason := range promsource.AllRefused() {
		if n := t.Refused[reason]; n > 0 {
			e.telemetry.ExtensionErrorBudgetPrometheusRefusedSamples.Add(ctx, int64(n), reasonOf(reason.String()))
		}
	}
	if t.Resets > 0 {
		e.telemetry.ExtensionErrorBudgetPrometheusResets.Add(ctx, int64(t.Resets))
	}
	e.source.limited = t.Refused[promsource.TooManySeries] > 0
}

// prometheusProgress is told how far a read of the past is.
func (e *budgetExtension) prometheusProgress(p promsource.Progress) {
	fields := []zap.Field{
		zap.Time("through", p.Through.UTC()), zap.Time("goal", p.Goal.UTC()), zap.Duration("left", p.Goal.Sub(p.Through)),
		zap.Int("series", p.Series), zap.Uint64("events", p.Events),
	}
	switch {
	case p.CaughtUp && p.Series == 0:
		e.set.Logger.Warn("Prometheus is read, and no series is selected: are `prometheus::metric` and `prometheus::matchers` right?", fields...)
	case p.CaughtUp:
		e.set.Logger.Info("Prometheus is read up to now.", fields...)
	default:
		e.set.Logger.Info("The past is read from Prometheus.", fields...)
	}
}

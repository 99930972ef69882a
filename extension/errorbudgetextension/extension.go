// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/keeper"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadata"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/override"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// budgetExtension joins the catalogue, the counts and the endpoint. It is the
// slo.Recorder and the slo.Catalogue that the sli connector finds on the host.
type budgetExtension struct {
	set       extension.Settings
	cfg       *Config
	telemetry *metadata.TelemetryBuilder
	elsewhere elsewhere
	clock     func() time.Time
	instance  string // service.instance.id of this run of the collector

	// What follows is set by Start.
	health     *health
	catalogue  *slo.CatalogueFile
	store      *store.Store
	keeper     *keeper.Keeper
	queues     *budget.Queues
	assessor   *assess.Assessor
	exclusions *exclusions
	alerter    *alerter
	audit      auditTrail
	recorded   []auditlog.Record // what was in the audit log at the start
	overrides  *override.Book
	server     *endpoint
	source     *source

	stop     chan struct{}
	done     sync.WaitGroup
	shutdown sync.Once
}

func newExtension(set extension.Settings, cfg *Config) (*budgetExtension, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("build the extension's telemetry: %w", err)
	}
	e := &budgetExtension{set: set, cfg: cfg, telemetry: telemetry, clock: time.Now, stop: make(chan struct{})}
	if id, ok := set.Resource.Attributes().Get(semconv.ServiceInstanceID); ok {
		e.instance = id.AsString()
	}
	return e, nil
}

// Start loads the catalogue and the counts, and then answers. What fails names
// its key. After an error nothing is left running.
func (e *budgetExtension) Start(ctx context.Context, host component.Host) error {
	if err := e.start(ctx, host); err != nil {
		return errors.Join(err, e.Shutdown(ctx))
	}
	return nil
}

func (e *budgetExtension) start(ctx context.Context, host component.Host) error {
	e.health = newHealth(host)
	var err error
	if e.catalogue, err = slo.OpenCatalogueFile(e.cfg.Catalogue...); err != nil {
		return fmt.Errorf("`catalogue`: %w", err)
	}
	if e.store, err = e.openStore(ctx, host); err != nil {
		return err
	}
	e.queues = budget.NewQueues(e.clock)
	k := keeper.New(keeper.Settings{
		Store:     e.store,
		Clock:     e.clock,
		Window:    func(s slo.Service) time.Duration { return e.catalogue.Lookup(s).Window },
		Judged:    e.judged,
		Interval:  e.cfg.CommitInterval,
		Committed: e.committed,
		Delivered: e.suppliedByPrometheus(),
		Took:      e.commitTook,
	})
	if err = k.Start(ctx); err != nil {
		return err
	}
	e.keeper = k
	if err = e.openSource(ctx, host); err != nil {
		return err
	}
	if err = e.openOverrides(); err != nil {
		return err
	}
	if err = e.startExclusions(); err != nil {
		return err
	}
	e.recorded = nil
	e.assessor = &assess.Assessor{
		Catalogue:  e.catalogue.Snapshot,
		Ledger:     k.Ledger,
		Thresholds: policy.DefaultThresholds(),
		StaleAfter: e.cfg.StaleAfter,
		Clock:      e.clock,
		Waits:      e.queues.Recent,
	}
	e.assessor.Override = e.overrides.For
	e.recallStates()
	if e.alerter, err = newAlerter(e); err != nil {
		return err
	}
	e.assessor.FastBurn = e.alerter.engine.FastBurn
	if err = e.observe(); err != nil {
		return err
	}
	if e.server, err = e.serve(ctx, host); err != nil {
		return err
	}
	if err = e.alerter.start(ctx, host); err != nil {
		return err
	}
	if e.source != nil {
		e.done.Go(e.runSource)
	}
	e.done.Add(1)
	go e.followCatalogue()
	e.set.Logger.Info("error budgets are served", zap.Stringer("address", e.server.listener.Addr()),
		zap.Int("services", len(k.Ledger().Services())), zap.Int("listed", len(e.catalogue.Snapshot().Entries())))
	return nil
}

// judged returns the targets of a service's objectives that judge minutes.
func (e *budgetExtension) judged(service slo.Service, sli string) (targets []slo.Ratio) {
	entry := e.catalogue.Lookup(service)
	for _, o := range entry.Objectives {
		if o.Kind == slo.TimeSlices && entry.Series(o) == sli && !slices.Contains(targets, o.SliceTarget) {
			targets = append(targets, o.SliceTarget)
		}
	}
	return targets
}

// Shutdown answers what was asked, commits what was counted, and gives the store
// up. It may be called without Start, and again: a host does so after a Start
// that failed.
func (e *budgetExtension) Shutdown(ctx context.Context) (errs error) {
	e.shutdown.Do(func() { errs = e.halt(ctx) })
	return errs
}

func (e *budgetExtension) halt(ctx context.Context) error {
	close(e.stop)
	e.done.Wait()
	var errs error
	if e.server != nil {
		errs = e.server.shutdown(ctx)
	}
	if e.alerter != nil {
		e.alerter.close()
	}
	if e.keeper != nil {
		errs = errors.Join(errs, e.keeper.Shutdown(ctx))
	}
	e.telemetry.Shutdown()
	if e.audit != nil {
		errs = errors.Join(errs, e.audit.Close())
	}
	if e.store != nil {
		errs = errors.Join(errs, e.store.Close())
	}
	return errs
}

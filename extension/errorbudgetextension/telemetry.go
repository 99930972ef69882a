// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// observe registers the metrics that are read when they are asked for.
func (e *budgetExtension) observe() error {
	return errors.Join(
		e.telemetry.RegisterExtensionErrorBudgetAlertsCallback(e.observeAlerts),
		e.telemetry.RegisterExtensionErrorBudgetPrometheusBehindCallback(e.observeBehind),
		e.telemetry.RegisterExtensionErrorBudgetPrometheusSeriesCallback(e.observeSeries),
		e.telemetry.RegisterExtensionErrorBudgetOverridesCallback(e.observeOverrides),
		e.telemetry.RegisterExtensionErrorBudgetRemainingCallback(e.observeRemaining),
		e.telemetry.RegisterExtensionErrorBudgetStateCallback(e.observeState),
		e.telemetry.RegisterExtensionErrorBudgetUnarchivedReadsCallback(e.observeUnarchived),
		e.telemetry.RegisterExtensionErrorBudgetRefusedEventsCallback(e.observeRefused),
		e.telemetry.RegisterExtensionErrorBudgetUnattributedEventsCallback(e.observeUnattributed))
}

func (e *budgetExtension) observeUnarchived(_ context.Context, o metric.Int64Observer) error {
	o.Observe(int64(e.keeper.Ledger().ArchiveFailures()))
	return nil
}

func (e *budgetExtension) observeRemaining(_ context.Context, o metric.Float64Observer) error {
	for a := range e.assessor.All(assess.Query{}) {
		for _, s := range a.SLOs {
			attributes := append(identity(a.Service), attribute.String(semconv.SLIName, s.Promise.Name))
			o.Observe(s.Spend.Remaining(), metric.WithAttributes(attributes...))
		}
	}
	return nil
}

func (e *budgetExtension) observeState(_ context.Context, o metric.Int64Observer) error {
	for a := range e.assessor.All(assess.Query{}) {
		attributes := append(identity(a.Service), attribute.String("state", string(a.Verdict.State)))
		o.Observe(1, metric.WithAttributes(attributes...))
	}
	return nil
}

func (e *budgetExtension) observeRefused(_ context.Context, o metric.Int64Observer) error {
	for _, reason := range budget.Reasons() {
		o.Observe(int64(e.keeper.Pending().Lost(reason)), metric.WithAttributes(attribute.Stringer("reason", reason)))
	}
	if e.suppliedByPrometheus() {
		o.Observe(int64(e.elsewhere.refused.Load()), metric.WithAttributes(attribute.String("reason", "other_feeder")))
	}
	return nil
}

func (e *budgetExtension) observeUnattributed(_ context.Context, o metric.Int64Observer) error {
	parts := e.keeper.Pending().Unattributed() + e.keeper.Ledger().Unattributed()
	o.Observe(int64(parts), metric.WithAttributes(attribute.String("reason", "too_many_parts")))
	o.Observe(int64(e.queues.Lost()), metric.WithAttributes(attribute.String("reason", "too_many_services")))
	return nil
}

// committed is told the outcome of each commit.
func (e *budgetExtension) committed(err error) {
	outcome := "success"
	if err != nil {
		outcome = "failure"
	}
	e.telemetry.ExtensionErrorBudgetCommits.Add(context.Background(), 1, metric.WithAttributes(attribute.String("outcome", outcome)))
	if !e.health.report(troubleCommit, err) {
		return
	}
	if err != nil {
		e.set.Logger.Error("Counts cannot be made durable; they are kept and tried again, and not served yet.", zap.Error(err))
		return
	}
	e.set.Logger.Info("Counts are durable again.")
}

// commitTook is told how long each commit took.
func (e *budgetExtension) commitTook(d time.Duration) {
	e.telemetry.ExtensionErrorBudgetCommitDuration.Record(context.Background(), d.Seconds())
}

// decided logs a decision under its id, so that a release that was stopped can
// be explained later.
func (e *budgetExtension) decided(g budgetapi.Gate) {
	e.telemetry.ExtensionErrorBudgetDecisions.Add(context.Background(), 1, stateOf(g))
	stops := wouldStop(g)
	if stops {
		e.telemetry.ExtensionErrorBudgetWouldStop.Add(context.Background(), 1, stateOf(g))
	}
	line := e.set.Logger.Check(zap.InfoLevel, "decision")
	if line == nil {
		return
	}
	codes := make([]string, 0, len(g.Reasons))
	for _, r := range g.Reasons {
		codes = append(codes, r.Code)
	}
	room := decisionFields.Get().(*[]zap.Field)
	defer func() {
		clear(*room)
		decisionFields.Put(room)
	}()
	fields := append((*room)[:0],
		zap.String("decision_id", g.DecisionID), zap.String("service", g.Service), zap.String("namespace", g.Namespace),
		zap.String("environment", g.Environment), zap.String("state", g.State), zap.Bool("allow", g.Allow),
		zap.String("strategy", g.Strategy.Type), zap.Strings("reasons", slices.Compact(codes)),
	)
	if g.Budget != nil {
		fields = append(fields, zap.String("slo", g.Budget.SLO), zap.Float64("remaining", g.Budget.Remaining))
	}
	if stops {
		fields = append(fields, zap.Bool("would_stop", true))
	}
	if g.Override != nil {
		fields = append(fields, zap.String("override", g.Override.ID), zap.String("override_actor", g.Override.Actor))
	}
	*room = fields
	line.Write(fields...)
}

// decisionFields are buffers for the fields of a decision's line. Nobody keeps them
// when the line is written.
var decisionFields = sync.Pool{New: func() any { return new([]zap.Field) }}

func stateOf(g budgetapi.Gate) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("state", g.State))
}

func identity(s slo.Service) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String(semconv.ServiceName, s.Name),
		attribute.String(semconv.ServiceNamespace, s.Namespace),
		attribute.String(semconv.DeploymentEnvironment, s.Environment),
	}
}

// wouldStop tells whether a policy in shadow mode let a release pass that it would
// stop otherwise.
func wouldStop(g budgetapi.Gate) bool {
	shadow := slices.ContainsFunc(g.Reasons, func(r budgetapi.Reason) bool { return r.Code == string(policy.Shadow) })
	return shadow && g.Allow && g.State != budgetapi.StateCanary && g.State != budgetapi.StateNormal
}

func outcomeOf(outcome string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("outcome", outcome))
}

func reasonOf(reason string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("reason", reason))
}

func (e *budgetExtension) observeBehind(_ context.Context, o metric.Float64Observer) error {
	if e.source != nil {
		o.Observe(e.source.reader.Left(e.clock()).Seconds())
	}
	return nil
}

func (e *budgetExtension) observeSeries(_ context.Context, o metric.Int64Observer) error {
	if e.source != nil {
		o.Observe(int64(e.source.reader.Series()))
	}
	return nil
}

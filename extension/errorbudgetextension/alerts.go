// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/notify"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// alerter evaluates alerts once a minute and tells the receivers.
type alerter struct {
	e             *budgetExtension
	engine        *alert.Engine
	alertmanagers []*notify.Receiver
	webhooks      []*notify.Receiver

	turn      sync.Mutex // guards what follows: one evaluation at a time
	evaluated slo.Minute // the last one
	resent    time.Time
	alive     bool // whether the heartbeat was sent

	mu      sync.Mutex
	failing map[string]error // by the receiver's URL
	left    map[string]bool  // unreachable pairs that were named in the log
}

// evaluationDelay is how long after a minute's end its counts are taken to be in:
// connectors flush, and commits take their time. What comes later counts in the
// next evaluation.
const evaluationDelay = 5 * time.Second

// newAlerter returns one that sends nothing yet.
func newAlerter(e *budgetExtension) (*alerter, error) {
	cfg := &e.cfg.Alerts
	pairs, err := cfg.pairs()
	if err != nil {
		return nil, err
	}
	a := &alerter{e: e, failing: map[string]error{}, left: map[string]bool{}}
	if err := a.refuseUnreachable(pairs(0)); err != nil {
		return nil, err
	}
	a.engine = alert.NewEngine(alert.Settings{
		Catalogue:         e.catalogue.Snapshot,
		Counts:            func() alert.Counter { return e.keeper.Ledger() },
		StaleAfter:        e.cfg.StaleAfter,
		Pairs:             pairs,
		MinBad:            cfg.MinBadEvents,
		MinBadSlices:      cfg.MinBadSlices,
		UnresponsiveAfter: cfg.UnresponsiveAfter,
		Heartbeat:         cfg.Heartbeat && len(cfg.Alertmanagers)+len(cfg.Webhooks) > 0,
		Labels:            cfg.Labels,
		Runbook:           cfg.Runbook,
		Unreachable:       a.unreachable,
	}, e.clock())
	return a, nil
}

// refuseUnreachable refuses windows that somebody wrote and that an objective of
// the catalogue can never fire. Those of a profile are left out with a warning.
func (a *alerter) refuseUnreachable(pairs []burnrate.Pair) error {
	if len(a.e.cfg.Alerts.Windows) == 0 {
		return nil
	}
	for _, entry := range a.e.catalogue.Snapshot().Entries() {
		for _, o := range entry.Objectives {
			for i, p := range pairs {
				if !o.AlertOff(p.Alert()) && !p.Reachable(o.Target) {
					return fmt.Errorf("`alerts::windows[%d]::factor` must be less than 1 / (1 - objective), the burn when every event is bad: "+
						"%s can never be exceeded by %s of %s with its objective of %s; lower it, or switch the alert off there with alerts_off: [%s]",
						i, burnrate.FactorText(p.Factor), o.Name, entry.Service, o.Target, p.Alert())
				}
			}
		}
	}
	return nil
}

// unreachable names a pair that is left out, once.
func (a *alerter) unreachable(service slo.Service, objective string, p burnrate.Pair) {
	a.mu.Lock()
	key := fmt.Sprintf("%s %s %s %s", service, objective, p.Severity, p.Long)
	known := a.left[key]
	a.left[key] = true
	a.mu.Unlock()
	if !known {
		a.e.set.Logger.Warn("This alert can never fire for this objective, however bad it is, and is left out.",
			zap.Stringer("service", service), zap.String("slo", objective), zap.String("severity", p.Severity),
			zap.Duration("long_window", p.Long), zap.String("burn_rate", burnrate.FactorText(p.Factor)))
	}
}

// start begins to evaluate and to send.
func (a *alerter) start(ctx context.Context, host component.Host) error {
	cfg := &a.e.cfg.Alerts
	lifetime := 4 * cfg.ResendInterval // three messages may be lost
	for i := range cfg.Alertmanagers {
		r, err := a.receiver(ctx, host, fmt.Sprintf("alerts::alertmanagers[%d]", i), cfg.Alertmanagers[i], notify.AlertmanagerPath,
			notify.Alertmanager(cfg.ExternalURL, lifetime))
		if err != nil {
			return err
		}
		a.alertmanagers = append(a.alertmanagers, r)
	}
	for i := range cfg.Webhooks {
		r, err := a.receiver(ctx, host, fmt.Sprintf("alerts::webhooks[%d]", i), cfg.Webhooks[i], "", notify.Webhook(cfg.ExternalURL))
		if err != nil {
			return err
		}
		a.webhooks = append(a.webhooks, r)
	}
	minute := slo.MinuteOf(a.e.clock().Add(-evaluationDelay))
	a.engine.CatchUp(minute)
	a.evaluate(minute, nil) // nobody waits for an answer yet
	a.e.done.Add(1)
	go a.run()
	return nil
}

func (a *alerter) receiver(ctx context.Context, host component.Host, key string, c confighttp.ClientConfig, path string, encode encoder) (*notify.Receiver, error) {
	if c.Timeout == 0 {
		c.Timeout = receiverTimeout
	}
	client, err := c.ToClient(ctx, host.GetExtensions(), a.e.set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("`%s`: %w", key, err)
	}
	return notify.Start(notify.Settings{
		URL: strings.TrimSuffix(c.Endpoint, "/") + path, Client: client, Clock: a.e.clock, Encode: encode, Sent: a.sent,
		Retry: time.Second, RetryAtMost: time.Minute,
	}), nil
}

type encoder = func([]alert.Alert, time.Time) ([]byte, error)

func (a *alerter) run() {
	defer a.e.done.Done()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-a.e.stop:
			return
		case <-ticker.C:
			a.evaluateOnce(slo.MinuteOf(a.e.clock().Add(-evaluationDelay)))
		}
	}
}

// evaluateOnce evaluates unless it was done for this minute.
func (a *alerter) evaluateOnce(minute slo.Minute) {
	a.turn.Lock()
	done := minute == a.evaluated
	a.turn.Unlock()
	if !done {
		a.evaluate(minute, newPacer(a.e.stop).step)
	}
}

// evaluate decides by the minutes before minute and tells the receivers. Beside, if
// it is not nil, is called for each service.
func (a *alerter) evaluate(minute slo.Minute, beside func()) {
	a.turn.Lock()
	defer a.turn.Unlock()
	a.evaluated = minute
	began := time.Now() // not the clock: a duration
	changed := a.engine.Evaluate(minute, beside)
	a.e.telemetry.ExtensionErrorBudgetEvaluationDuration.Record(context.Background(), time.Since(began).Seconds())
	all := a.engine.Alerts()
	now := a.e.clock()
	alive := now.Sub(a.e.keeper.Ledger().DurableThrough()) < a.e.cfg.StaleAfter
	a.e.expireOverrides()
	a.e.keepStates(beside)
	a.log(changed)
	told := outward(changed, alive)
	toAlertmanagers := told
	if alive && !a.alive || now.Sub(a.resent) >= a.e.cfg.Alerts.ResendInterval-time.Second {
		toAlertmanagers, a.resent = outward(all, alive), now
	}
	a.alive = alive
	for _, r := range a.alertmanagers {
		r.Put(toAlertmanagers)
	}
	toWebhooks := withHeartbeat(told, all, alive)
	for _, r := range a.webhooks {
		r.Put(toWebhooks)
	}
}

// outward leaves out what is nobody's business yet, and the heartbeat of an
// engine whose counts stand still.
func outward(alerts []alert.Alert, alive bool) []alert.Alert {
	var out []alert.Alert
	for _, a := range alerts {
		if a.State != alert.Pending && (alive || a.ID.Name != alert.HeartbeatName) {
			out = append(out, a)
		}
	}
	return out
}

// withHeartbeat adds the heartbeat, which a webhook gets at every evaluation.
func withHeartbeat(told, all []alert.Alert, alive bool) []alert.Alert {
	for _, a := range outward(all, alive) {
		if a.ID.Name == alert.HeartbeatName {
			return append(told[:len(told):len(told)], a)
		}
	}
	return told
}

func (a *alerter) log(changed []alert.Alert) {
	for _, c := range changed {
		if c.ID.Name != alert.HeartbeatName {
			a.e.set.Logger.Info("alert", zap.String("alert", c.ID.Name), zap.Stringer("service", c.ID.Service), zap.String("slo", c.ID.SLO),
				zap.String("state", string(c.State)), zap.Time("since", c.Since))
		}
	}
}

// sent is told the outcome of each request to a receiver.
func (a *alerter) sent(url string, alerts int, err error) {
	outcome := "success"
	if err != nil {
		outcome = "failure"
	}
	a.e.telemetry.ExtensionErrorBudgetNotifications.Add(context.Background(), int64(alerts), metric.WithAttributes(attribute.String("outcome", outcome)))
	a.mu.Lock()
	before := a.failing[url]
	a.failing[url] = err
	var all []string
	for u, err := range a.failing {
		if err != nil {
			all = append(all, u)
		}
	}
	a.mu.Unlock()
	var trouble error
	if len(all) > 0 {
		trouble = fmt.Errorf("%d receivers of alerts cannot be told", len(all))
	}
	a.e.health.report(troubleAlerts, trouble)
	switch {
	case err != nil && before == nil:
		a.e.set.Logger.Error("A receiver cannot be told of alerts; it is tried again.", zap.String("url", url), zap.Error(err))
	case err == nil && before != nil:
		a.e.set.Logger.Info("The receiver is told of alerts again.", zap.String("url", url))
	}
}

// close stops sending; the loop ended before.
func (a *alerter) close() {
	for _, r := range append(a.alertmanagers, a.webhooks...) {
		r.Close()
	}
}

func (e *budgetExtension) observeAlerts(_ context.Context, o metric.Int64Observer) error {
	counts := map[alert.State]int64{}
	for _, a := range e.alerter.engine.Alerts() {
		counts[a.State]++
	}
	for _, s := range alert.States() {
		o.Observe(counts[s], metric.WithAttributes(attribute.String("alert_state", string(s))))
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// conditions finds what holds at the end of the minutes before minute.
func (e *Engine) conditions(minute slo.Minute, beside func()) []condition {
	snapshot, counts, tracked := e.set.Catalogue(), e.set.Counts(), e.tracked()
	var all []condition
	named := map[slo.Service]bool{}
	for _, service := range counts.Services() {
		beside()
		entry := snapshot.Lookup(service)
		named[entry.Service] = true
		view := counts.View(service, minute.Time(), e.set.StaleAfter)
		for _, w := range watched(service, entry, view) {
			all = append(all, e.burns(counts, w, view.Activity == budget.Unmeasured, minute, tracked[service])...)
		}
		if entry.Listed {
			all = append(all, e.unresponsive(service, entry, counts.LastEvent(service), minute, tracked[service])...)
		}
	}
	for entry := range snapshot.All() {
		if !named[entry.Service] {
			all = append(all, e.unresponsive(entry.Service, *entry, -1, minute, tracked[entry.Service])...)
		}
	}
	if e.set.Heartbeat {
		all = append(all, e.heartbeat())
	}
	return all
}

// tracked returns the services that there are alerts of.
func (e *Engine) tracked() map[slo.Service]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	services := map[slo.Service]bool{}
	for id := range e.alerts {
		services[id.Service] = true
	}
	return services
}

// burns holds an objective's recent counts against each pair of windows. What
// does not hold is nothing to speak of unless some alert of the service is
// tracked.
func (e *Engine) burns(counts Counter, w objective, blind bool, minute slo.Minute, tracked bool) []condition {
	of := e.limitsFor(w.Target, w.window)
	for _, p := range of.cannot {
		if !w.AlertOff(p.Alert()) {
			e.set.Unreachable(w.service, w.Name, p)
		}
	}
	sums := make([]budget.Counts, len(of.lengths))
	// The bad events of the service's window bound those of every shorter one, and
	// a bad minute holds at least one.
	least := e.set.minBad(w)
	counted := w.indicator.Counts.Bad >= least && counts.ClosedSlices(w.service, w.indicator.SLI, w.SliceTarget, minute, of.lengths, sums)
	var all []condition
	for i, p := range of.pairs {
		if w.AlertOff(p.Alert()) {
			continue
		}
		long, short, limit := sums[2*i], sums[2*i+1], of.limits[i]
		holds := counted && long.Bad >= least &&
			limit.Exceeded(short.Bad, short.Good+short.Bad) && limit.Exceeded(long.Bad, long.Good+long.Bad)
		if !holds && !tracked {
			continue
		}
		c := condition{
			id:    ID{Service: w.service, SLO: w.Name, Name: alertName(w.service, p.Severity, p.Long)},
			holds: holds, pending: p.For, keep: p.Long, blind: blind, fast: counted && p.Fast(),
		}
		if c.holds {
			c.labels, c.annotations = e.describe(w, p, long)
		}
		all = append(all, c)
	}
	return all
}

// describe words an alert that holds.
func (e *Engine) describe(w objective, p burnrate.Pair, long budget.Counts) (labels, annotations map[string]string) {
	factor := burnrate.FactorText(p.Factor)
	labels = merged(e.set.Labels, w.Labels, identity(w.service, w.entry), map[string]string{
		"alertname":    alertName(w.service, p.Severity, p.Long),
		"slo":          w.Name,
		"severity":     p.Severity,
		"burn_rate":    factor,
		"long_window":  WindowName(p.Long),
		"short_window": WindowName(p.Short),
	})
	what := "events"
	if w.Kind == slo.TimeSlices {
		what = "minutes with events"
	}
	description := fmt.Sprintf("%d of %d %s were bad within %s. The objective is %s.",
		long.Bad, long.Good+long.Bad, what, WindowName(p.Long), w.Target)
	if tally, read := w.indicator.Tally(w.Window, w.SliceTarget); read {
		description += forecast(tally.Outlook(w.Target, long))
	}
	annotations = merged(map[string]string{
		"summary": fmt.Sprintf("%s burns the error budget of %s more than %s times as fast as it lasts (over %s and %s).",
			w.service, w.Name, factor, WindowName(p.Long), WindowName(p.Short)),
		"description": description,
		"runbook":     e.runbook(w.service),
	}, w.Annotations)
	return labels, annotations
}

// forecast says what becomes of a budget that an alert is about.
func forecast(outlook burnrate.Outlook, lasts time.Duration) string {
	switch outlook {
	case burnrate.Exhausted:
		return " The error budget is spent."
	case burnrate.Burning:
		return fmt.Sprintf(" At this rate the rest of the error budget is spent in %s.", WindowName(lasts))
	}
	return ""
}

// alertName returns such as SLO_payment-api_BurnRate_Critical, the name that the
// rules for Prometheus give it.
func alertName(service slo.Service, severity string, long time.Duration) string {
	if slices.Contains([]string{"critical", "warning"}, severity) {
		return "SLO_" + service.Name + "_BurnRate_" + strings.ToUpper(severity[:1]) + severity[1:]
	}
	return "SLO_" + service.Name + "_BurnRate_" + strings.ToUpper(severity[:1]) + severity[1:] + "_" + WindowName(long)
}

func (e *Engine) runbook(service slo.Service) string {
	return strings.ReplaceAll(e.set.Runbook, "{service}", service.Name)
}

func identity(service slo.Service, entry slo.Entry) map[string]string {
	return map[string]string{
		"service": service.Name, "namespace": service.Namespace, "environment": service.Environment,
		"tier": entry.Tier, "team": entry.Team,
	}
}

// WindowName words whole minutes as rules do: 5m, 1h, 3d.
func WindowName(d time.Duration) string {
	minutes := int64(d / time.Minute)
	switch {
	case minutes == 0 || minutes%60 != 0 && minutes < 24*60:
		if minutes > 60 {
			return fmt.Sprintf("%dh%dm", minutes/60, minutes%60)
		}
		return strconv.FormatInt(minutes, 10) + "m"
	case minutes < 24*60:
		return strconv.FormatInt(minutes/60, 10) + "h"
	case minutes%(24*60) == 0:
		return strconv.FormatInt(minutes/(24*60), 10) + "d"
	}
	return fmt.Sprintf("%dd%dh", minutes/(24*60), minutes/60%24)
}

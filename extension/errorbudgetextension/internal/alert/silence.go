// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// HeartbeatName names the alert that is there while the engine evaluates.
const HeartbeatName = "SloeHeartbeat"

// unresponsive holds if a listed service had no traffic for long: before last,
// the newest minute with events, or since the engine runs if there was none.
func (e *Engine) unresponsive(service slo.Service, entry slo.Entry, last, minute slo.Minute, tracked bool) []condition {
	if e.set.UnresponsiveAfter == 0 || slices.Contains(entry.AlertsOff, slo.AlertUnresponsive) {
		return nil
	}
	since, seen := e.started, "since the collector started"
	if last >= 0 {
		since = (last + 1).Time()
	}
	holds := minute.Time().Sub(since) >= e.set.UnresponsiveAfter
	if !holds && !tracked {
		return nil
	}
	name := "SLO_" + service.Name + "_Unresponsive"
	c := condition{id: ID{Service: service, Name: name}, holds: holds}
	if c.holds {
		if last >= 0 {
			seen = "since " + since.Format(time.RFC3339)
		}
		c.labels = merged(e.set.Labels, entry.Labels, identity(service, entry), map[string]string{"alertname": name, "severity": "critical"})
		c.annotations = merged(map[string]string{
			"summary":     fmt.Sprintf("%s is unresponsive: no request was seen for %s.", service, WindowName(e.set.UnresponsiveAfter)),
			"description": "No request was seen " + seen + ". It has no traffic, is down before it answers, or is not measured.",
			"runbook":     e.runbook(service),
		}, entry.Annotations)
	}
	return []condition{c}
}

// heartbeat always holds. Who receives it alarms when it ends: then the
// collector, or the way to the receiver, is broken.
func (e *Engine) heartbeat() condition {
	return condition{
		id:     ID{Name: HeartbeatName},
		holds:  true,
		labels: merged(e.set.Labels, map[string]string{"alertname": HeartbeatName, "severity": "none"}),
		annotations: map[string]string{
			"summary": "Alerts of error budgets are evaluated. This alert always fires: alarm when it ends.",
		},
	}
}

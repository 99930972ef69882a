// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

var (
	_ slo.Attributor    = (*budgetExtension)(nil)
	_ slo.QueueRecorder = (*budgetExtension)(nil)
	_ slo.Catalogue     = (*budgetExtension)(nil)
	_ slo.Supplied      = (*budgetExtension)(nil)
)

// Add counts. It takes a short lock and no disk; the counts are served when they
// are durable.
func (e *budgetExtension) Add(key slo.Key, minute slo.Minute, good, bad uint64, definition slo.Definition, writer slo.Writer) {
	if e.refuse() {
		return
	}
	e.keeper.Pending().Add(key, minute, good, bad, definition, e.lasting(writer))
}

// Uncertain counts events that nobody can judge. It is as cheap as Add.
func (e *budgetExtension) Uncertain(key slo.Key, minute slo.Minute, n uint64, definition slo.Definition, writer slo.Writer) {
	if e.refuse() {
		return
	}
	e.keeper.Pending().Uncertain(key, minute, n, definition, e.lasting(writer))
}

// Attribute says what counted events have in common. It is as cheap as Add, and
// durable with the counts.
func (e *budgetExtension) Attribute(key slo.Key, minute slo.Minute, definition slo.Definition, part slo.Part, good, bad uint64) {
	if e.suppliedByPrometheus() {
		return // Add was refused, and said so
	}
	e.keeper.Pending().Attribute(key, minute, definition, part, good, bad)
}

// Waited says where the time of requests went.
func (e *budgetExtension) Waited(service slo.Service, minute slo.Minute, w slo.Waits) {
	e.queues.Waited(service, minute, w)
}

// Heartbeat says that a minute was measured.
func (e *budgetExtension) Heartbeat(minute slo.Minute, writer slo.Writer) {
	if e.refuse() {
		return
	}
	e.keeper.Pending().Heartbeat(minute, e.lasting(writer))
}

// Open says how many requests of a service are unanswered.
func (e *budgetExtension) Open(service slo.Service, minute slo.Minute, open uint64, writer slo.Writer) {
	if e.refuse() {
		return
	}
	e.keeper.Open(service, minute, open, e.lasting(writer))
}

// thisCollector stands for the collector that the extension is part of. The
// storage directory is its own, so the name means the same after a restart.
const thisCollector = "this collector"

// lasting names the connector beside the extension alike in every run: unless it
// is configured, a collector's service.instance.id is another one after each
// start, and services without traffic would count as unmeasured from then on.
func (e *budgetExtension) lasting(writer slo.Writer) slo.Writer {
	if writer.Instance == e.instance {
		writer.Instance = thisCollector
	}
	return writer
}

// Lookup is that of the catalogue in force.
func (e *budgetExtension) Lookup(service slo.Service) slo.Entry { return e.catalogue.Lookup(service) }

// Thresholds are those of the catalogue in force.
func (e *budgetExtension) Thresholds() []time.Duration { return e.catalogue.Thresholds() }

// Generation is that of the catalogue in force.
func (e *budgetExtension) Generation() uint64 { return e.catalogue.Generation() }

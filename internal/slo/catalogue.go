// SPDX-License-Identifier: Apache-2.0

package slo

import "time"

// Catalogue answers what is promised for a service. The error_budget extension
// owns it; an agent without the extension loads one from a file.
//
// A Catalogue may be read from any goroutine. Entries are values: a reload
// changes what the next call returns, never what an earlier one returned.
type Catalogue interface {
	// Lookup returns the objectives of a service. It always answers: a service
	// that no entry names gets the defaults of tier3 and Listed false.
	Lookup(Service) Entry

	// Thresholds returns every latency threshold in use, tier defaults included,
	// ascending and without duplicates. Histograms need an edge at each.
	Thresholds() []time.Duration

	// Generation grows with every reload, so that what was derived from an
	// earlier answer can be derived anew.
	Generation() uint64
}

// Entry is what the catalogue promises for one service.
type Entry struct {
	// Service as the catalogue names it; without namespace or environment it
	// fits every one.
	Service Service
	// Listed tells whether the catalogue names the service. If not, the rest
	// are tier3's defaults.
	Listed bool
	Tier   string
	Team   string

	// Availability is the target share of good events of the availability
	// indicators.
	Availability Ratio
	// LatencyThreshold bounds the duration of a good event of the latency
	// indicators, inclusive.
	LatencyThreshold time.Duration
	// Felt tells that the latency of servers is what their callers felt, the time
	// in the queue included: ask Limit.
	Felt bool
	// LatencyTarget is the target share of events within LatencyThreshold.
	LatencyTarget Ratio

	// MinEvents is the number of valid events in the window below which the
	// state is UNKNOWN. The default 0 asks for none.
	MinEvents uint64
	// OnUnknownOpen tells whether a release is allowed while the state is
	// UNKNOWN.
	OnUnknownOpen bool
	// Window is how long counts of the service are needed: the longest of the
	// windows of its objectives, a whole number of minutes.
	Window time.Duration
	// BudgetWindow is the window of the objectives that the tier promises. Unset,
	// it is rolling, of the length Window.
	BudgetWindow Window

	// Objectives are those that the catalogue names, in its order. They take the
	// place of what the tier promises for their indicators: ask ObjectivesFor.
	Objectives []Objective
	Policy     Policy
	// Labels, Annotations and AlertsOff are those of the objectives that the tier
	// promises.
	Labels, Annotations map[string]string
	AlertsOff           []string
}

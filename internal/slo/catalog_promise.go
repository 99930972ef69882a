// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// promise is a complete set of objectives: a tier's, or a service's after what
// it says itself was laid over its tier.
type promise struct {
	availability     Ratio
	latencyThreshold time.Duration
	felt             bool
	latencyTarget    Ratio
	minEvents        uint64
	onUnknownOpen    bool
	window           Window
	alerts           alertText
	policy           Policy
	objectives       []Objective
}

func (p promise) entry() Entry {
	longest := p.window.Longest()
	for _, o := range p.objectives {
		longest = max(longest, o.Window.Longest())
	}
	return Entry{
		Availability:     p.availability,
		LatencyThreshold: p.latencyThreshold,
		Felt:             p.felt,
		LatencyTarget:    p.latencyTarget,
		MinEvents:        p.minEvents,
		OnUnknownOpen:    p.onUnknownOpen,
		Window:           longest,
		BudgetWindow:     p.window,
		Objectives:       p.objectives,
		Policy:           p.policy,
		Labels:           p.alerts.labels,
		Annotations:      p.alerts.annotations,
		AlertsOff:        p.alerts.off,
	}
}

// maxLatencyThreshold bounds latency_threshold_ms: a day is longer than any
// request that an objective is about, and far from overflowing a Duration.
const maxLatencyThreshold = 24 * time.Hour

// promiseKeys are the keys of a promise that hold a single value, in the order
// in which errors list them. The others are read by what they are about.
var promiseKeys = []string{"availability", "latency_threshold_ms", "latency", "latency_target", "min_events", "on_unknown"}

// allPromiseKeys are all of them.
var allPromiseKeys = slices.Concat(promiseKeys, windowKeys, alertKeys)

// promiseReaders holds, for each key of a promise, how its text is read. Numbers
// are read from the file's text, never through a float, so that they are exact.
var promiseReaders = map[string]func(p *promise, text string) error{
	"availability":   func(p *promise, text string) (err error) { p.availability, err = parseObjective(text); return },
	"latency_target": func(p *promise, text string) (err error) { p.latencyTarget, err = parseObjective(text); return },
	"latency_threshold_ms": func(p *promise, text string) (err error) {
		p.latencyThreshold, err = parseThreshold(text)
		return
	},
	"latency":    func(p *promise, text string) (err error) { p.felt, err = parseFelt(text); return },
	"min_events": func(p *promise, text string) (err error) { p.minEvents, err = parseEvents(text); return },
	"on_unknown": func(p *promise, text string) error {
		if text != "open" && text != "closed" {
			return fmt.Errorf(`must be "open" (a release is allowed while the state is UNKNOWN) or "closed", not %q`, text)
		}
		p.onUnknownOpen = text == "open"
		return nil
	},
}

// read lays the keys of a mapping over the promise. Keys in also belong to the
// same mapping and are left to the caller.
func (p *promise) read(f *fields, also ...string) {
	f.allow(slices.Concat(allPromiseKeys, also)...)
	for _, key := range promiseKeys {
		f.parse(key, func(text string) error { return promiseReaders[key](p, text) })
	}
	p.window = f.window(p.window)
	p.alerts = f.alerts(p.alerts)
}

// parseObjective reads a target share. One leaves no budget to spend, and zero
// promises nothing; neither can be an objective.
func parseObjective(text string) (Ratio, error) {
	r, err := ParseRatio(text)
	if err != nil || r.Num == 0 || r.Num == r.Den || strings.HasPrefix(text, "+") {
		return Ratio{}, fmt.Errorf("must be a decimal greater than 0 and less than 1 with at most %d digits after the point, such as 0.999, not %q", maxRatioDigits, text)
	}
	return r, nil
}

func parseThreshold(text string) (time.Duration, error) {
	ms, err := strconv.ParseUint(text, 10, 64)
	if err != nil || ms == 0 || ms > uint64(maxLatencyThreshold/time.Millisecond) {
		return 0, fmt.Errorf("must be a whole number of milliseconds from 1 to %d, not %q", maxLatencyThreshold/time.Millisecond, text)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

func parseFelt(text string) (bool, error) {
	return text == latencyFelt, oneOf(latencyHandler, latencyFelt)(text)
}

func parseEvents(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("must be a whole number, 0 or more, not %q", text)
	}
	return n, nil
}

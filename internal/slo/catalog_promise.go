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
	latencyTarget    Ratio
	minEvents        uint64
	onUnknownOpen    bool
	window           Window
	policy           Policy
}

func (p promise) entry() Entry {
	return Entry{
		Availability:     p.availability,
		LatencyThreshold: p.latencyThreshold,
		LatencyTarget:    p.latencyTarget,
		MinEvents:        p.minEvents,
		OnUnknownOpen:    p.onUnknownOpen,
		Window:           p.window.Longest(),
		BudgetWindow:     p.window,
		Policy:           p.policy,
	}
}

// maxLatencyThreshold bounds latency_threshold_ms: a day is longer than any
// request that an objective is about, and far from overflowing a Duration.
const maxLatencyThreshold = 24 * time.Hour

// promiseKeys are the keys of a promise, in the order in which errors list them.
var promiseKeys = []string{"availability", "latency_threshold_ms", "latency_target", "min_events", "on_unknown", "window"}

// promiseReaders holds, for each key of a promise, how its text is read. Numbers
// are read from the file's text, never through a float, so that they are exact.
var promiseReaders = map[string]func(p *promise, text string) error{
	"availability":   func(p *promise, text string) (err error) { p.availability, err = parseObjective(text); return },
	"latency_target": func(p *promise, text string) (err error) { p.latencyTarget, err = parseObjective(text); return },
	"latency_threshold_ms": func(p *promise, text string) error {
		ms, err := strconv.ParseUint(text, 10, 64)
		if err != nil || ms == 0 || ms > uint64(maxLatencyThreshold/time.Millisecond) {
			return fmt.Errorf("must be a whole number of milliseconds from 1 to %d, not %q", maxLatencyThreshold/time.Millisecond, text)
		}
		p.latencyThreshold = time.Duration(ms) * time.Millisecond
		return nil
	},
	"min_events": func(p *promise, text string) error {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("must be a whole number, 0 or more, not %q", text)
		}
		p.minEvents = n
		return nil
	},
	"on_unknown": func(p *promise, text string) error {
		if text != "open" && text != "closed" {
			return fmt.Errorf(`must be "open" (a release is allowed while the state is UNKNOWN) or "closed", not %q`, text)
		}
		p.onUnknownOpen = text == "open"
		return nil
	},
	"window": func(p *promise, text string) error {
		w, err := ParseWindow(text, "")
		if err == nil && w.Calendar != Rolling {
			err = fmt.Errorf("must be 7d, 28d, 30d or 90d (rolling), not %q", text)
		}
		p.window = w
		return err
	},
}

// read lays the keys of a mapping over the promise. Keys in also belong to the
// same mapping and are left to the caller.
func (p *promise) read(f *fields, also ...string) {
	f.allow(append(slices.Clone(also), promiseKeys...)...)
	for _, key := range promiseKeys {
		node, ok := f.values[key]
		if !ok {
			continue
		}
		text, ok := f.scalar(key, node)
		if !ok {
			continue
		}
		if err := promiseReaders[key](p, text); err != nil {
			f.fail(node, key, err)
		}
	}
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

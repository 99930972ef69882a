// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// fleet is who is counted. Both processes make it from the same numbers, so that
// each knows what the other counts.
type fleet struct {
	Services int
	// Old is how many services have counts of all days; the others have those of
	// the recent hours.
	Old  int
	Days int
	// Now is the minute in which the history ends.
	Now slo.Minute
}

// recent is how far back the counts of every service reach.
const recent = 4 * 60

// definition stands for what the connector would say.
const definition = slo.Definition("0123456789abcdef")

var indicators = []string{slo.HTTPAvailability, slo.HTTPLatency}

func (f fleet) series() int { return f.Services * len(indicators) }

func (f fleet) key(series int) slo.Key {
	i := series / len(indicators)
	return slo.Key{
		Service: slo.Service{Namespace: fmt.Sprintf("team-%d", i%40), Name: name(i), Environment: "production"},
		SLI:     indicators[series%len(indicators)],
	}
}

func name(service int) string { return fmt.Sprintf("service-%d", service) }

// from is the first minute of a service's counts.
func (f fleet) from(service int) slo.Minute {
	if service%f.Services < f.Old {
		return f.Now - slo.Minute(f.Days)*24*60
	}
	return f.Now - recent
}

// past is what a minute of the history held.
func (f fleet) past(series int, minute slo.Minute) (good, bad uint64) {
	valid := uint64(20)<<(series/len(indicators)%12) + uint64(minute*7+slo.Minute(series))%31
	if (int(minute)+series)%97 == 0 {
		bad = 1 + valid/500
	}
	return valid - bad, bad
}

// tick is what one Add of a running collector adds.
func tick(series, number int) (good, bad uint64) {
	good = uint64(20 + series%31)
	if (series+number)%211 == 0 {
		bad = 1
	}
	return good, bad
}

// Of twenty services one promises good minutes of availability, and one a
// calendar month; all else is rolling and about events.
func sliced(service int) bool   { return service%20 == 3 }
func calendar(service int) bool { return service%20 == 7 }

// sliceTarget makes a minute of the history bad in which anything failed by more
// than two of a thousand.
var sliceTarget = slo.MustRatio("0.999")

// catalogue lists the fleet.
func (f fleet) catalogue() string {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range f.Services {
		fmt.Fprintf(&b, "  - {name: %s, tier: tier2, team: team-%d", name(i), i%40)
		switch {
		case sliced(i):
			fmt.Fprintf(&b, ", slos: [{name: minutes, indicator: http_availability, target: 0.99, slice_target: %s}]", sliceTarget)
		case calendar(i):
			b.WriteString(", slos: [{name: month, indicator: http_availability, target: 0.999, window: month}]")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// expect sums what an objective has to show: what the history and the ticks hold
// of the window that ends at an instant.
func (f fleet) expect(series int, ticks []slo.Minute, at time.Time) (good, bad uint64) {
	service := series / len(indicators)
	from := slo.MinuteOf(at) - 30*24*60
	isAvailability := series%len(indicators) == 0
	if isAvailability && calendar(service) {
		from = slo.MinuteOf(time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC))
	}
	judged := isAvailability && sliced(service)
	count := func(g, b uint64) {
		switch {
		case !judged:
			good, bad = good+g, bad+b
		case sliceTarget.Cmp(g, g+b) <= 0:
			good++
		default:
			bad++
		}
	}
	for minute := max(from, f.from(service)); minute < f.Now; minute++ {
		count(f.past(series, minute))
	}
	var g, b uint64
	for n, minute := range ticks {
		tg, tb := tick(series, n)
		g, b = g+tg, b+tb
		if n+1 == len(ticks) || ticks[n+1] != minute {
			if minute >= from {
				count(g, b)
			}
			g, b = 0, 0
		}
	}
	return good, bad
}

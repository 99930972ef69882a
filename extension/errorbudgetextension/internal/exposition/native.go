// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// emitter shows one value.
type emitter func(d *prometheus.Desc, v float64, labels ...string)

func identity(s slo.Service, more ...string) []string {
	return append([]string{s.Namespace, s.Name, s.Environment}, more...)
}

// service shows what is one for a service.
func service(emit emitter, a assess.Assessment) {
	for _, s := range policy.States() {
		emit(state, truth(a.Verdict.State == s), identity(a.Service, string(s))...)
	}
	emit(allowed, truth(a.Verdict.Allow), identity(a.Service)...)
	emit(coverage, a.View.Coverage.Share(), identity(a.Service)...)
	emit(openRequests, float64(a.View.Open), identity(a.Service)...)
}

// objective shows what is one for an objective.
func objective(emit emitter, assessor *assess.Assessor, a assess.Assessment, o assess.Objective) {
	id := func(more ...string) []string {
		return identity(a.Service, append([]string{o.Promise.Indicator, o.Promise.Name}, more...)...)
	}
	emit(remaining, o.Spend.Remaining(), id()...)
	if left, known := exhaustedIn(a.Forecast(o)); known {
		emit(exhaustion, left, id()...)
	}
	emit(goodEvents, float64(o.Spend.Good), id()...)
	emit(badEvents, float64(o.Spend.Bad), id()...)
	emit(target, share(o.Spend.Objective), id()...)
	emit(windowSeconds, o.Promise.Window.Longest().Seconds(), id()...)
	for _, b := range assessor.Burns(a, o) {
		if rate, ok := b.Rate(); ok {
			emit(burnRate, rate, id(short(b.Over))...)
		}
	}
}

// exhaustedIn is in seconds, and not known while the present rate is not.
func exhaustedIn(f assess.Forecast) (float64, bool) {
	switch f.Outlook {
	case burnrate.Exhausted, burnrate.Burning:
		return f.Lasts.Seconds(), true
	case burnrate.Lasting, burnrate.NotBurning:
		return math.Inf(1), true
	}
	return 0, false
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// share shows a ratio as a number.
func share(r slo.Ratio) float64 { return float64(r.Num) / float64(r.Den) }

// short words a length as people name windows: 5m, 1h, 3d.
func short(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return itoa(d, 24*time.Hour) + "d"
	case d%time.Hour == 0:
		return itoa(d, time.Hour) + "h"
	}
	return itoa(d, time.Minute) + "m"
}

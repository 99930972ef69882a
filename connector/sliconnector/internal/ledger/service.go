// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sync/atomic"

	"github.com/sloe-dev/sloe/internal/slo"
)

// service is one service and its cumulative counts.
type service struct {
	id     slo.Service
	view   atomic.Pointer[View]
	series []series // by the index of the rule
	// apart are the series of further thresholds. The slice is replaced under the
	// ledger's lock and never shrinks, as services are never forgotten.
	apart atomic.Pointer[[]*apartSeries]
}

// series is the cumulative count of one indicator of one service.
type series struct {
	good, bad, uncertain atomic.Uint64
	// seen is set by the first event that concerns the indicator, counted or not.
	seen atomic.Bool
	// exported is set once an export of zeros was taken. Only the exporter's
	// goroutine touches it.
	exported bool
}

// View is what holds for a service under one generation of the catalogue. It
// does not change; a reload makes a new one.
type View struct {
	// Apart are the further limits that the service's objectives ask for.
	Apart []Apart

	service    *service
	generation uint64
	promises   []promise // by the index of the rule, then those of Apart
}

// promise is what the recorder is told of one indicator beside the counts.
type promise struct {
	counts     *series
	key        slo.Key
	definition slo.Definition
	limit      slo.Limit
	// announced is set once the recorder was told that the series exists.
	announced atomic.Bool
}

// Seen tells whether an event concerned a rule before, counted or not.
func (v *View) Seen(rule int) bool { return v.promises[rule].counts.seen.Load() }

// Limit returns that of a rule for the service, or of one of Apart, whose rules come
// behind.
func (v *View) Limit(rule int) slo.Limit { return v.promises[rule].limit }

// Promise returns the key and the definition of a rule for the service.
func (v *View) Promise(rule int) (slo.Key, slo.Definition) {
	return v.promises[rule].key, v.promises[rule].definition
}

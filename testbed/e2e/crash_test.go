// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
)

// valid returns the valid events of http_availability that /v1/budgets serves.
func (g gateway) valid(service string) (uint64, error) {
	var answer budgetapi.Budgets
	if _, err := collectorbed.GetJSON(g.budget+"/v1/budgets", &answer); err != nil {
		return 0, err
	}
	for _, s := range answer.Services {
		if s.Name == service {
			return objective(s, slo.HTTPAvailability).Valid, nil
		}
	}
	return 0, nil
}

// A collector is killed while counts come in, several times: what /v1/budgets
// has served stays served, and nothing is there that was not sent.
func TestKillLosesNothingThatWasServed(t *testing.T) {
	var sent atomic.Uint64
	var served uint64
	dir := ""
	for round := range 10 {
		g := startGateway(t, policyCatalogue, dir)
		dir = g.Dir
		after, err := g.valid("shop")
		require.NoError(t, err)
		assert.GreaterOrEqual(t, after, served, "round %d: served before the kill, gone after it", round)
		assert.LessOrEqual(t, after, sent.Load(), "round %d: more than was ever sent", round)

		stop, ended := make(chan struct{}), make(chan struct{})
		go feed(g, &sent, stop, ended)
		// Long enough for some commits, and never the same moment of one.
		until := time.Now().Add(1200*time.Millisecond + time.Duration(round)*137*time.Millisecond)
		for time.Now().Before(until) {
			if served, err = g.valid("shop"); err != nil {
				break
			}
		}
		require.NoError(t, err)
		assert.Positive(t, served, "nothing was served, so nothing is proven")
		require.NoError(t, g.Kill())
		close(stop)
		<-ended
	}
	last := startGateway(t, policyCatalogue, dir)
	after, err := last.valid("shop")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, after, served)
	assert.LessOrEqual(t, after, sent.Load())
	last.Terminate(t)
}

// feed sends counts until it is told to stop or the collector is gone. What is
// on its way counts as sent.
func feed(g gateway, sent *atomic.Uint64, stop <-chan struct{}, ended chan<- struct{}) {
	defer close(ended)
	var m pmetric.ProtoMarshaler
	for {
		select {
		case <-stop:
			return
		default:
		}
		raw, err := m.MarshalMetrics(unspanned("shop", 9, 1))
		if err != nil {
			return
		}
		sent.Add(10)
		if g.post("/v1/metrics", raw) != nil {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

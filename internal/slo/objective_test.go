// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestObjectivesFor(t *testing.T) {
	e := Entry{
		Availability: MustRatio("0.999"), LatencyTarget: MustRatio("0.95"), LatencyThreshold: 200 * time.Millisecond,
		MinEvents: 7, Window: 30 * day, Labels: map[string]string{"team": "shop"},
		Objectives: []Objective{
			{Name: "fast", Indicator: HTTPLatency, Kind: Latency, Target: MustRatio("0.5"), Threshold: 100 * time.Millisecond},
			{Name: "slow", Indicator: HTTPLatency, Kind: Latency, Target: MustRatio("0.99"), Threshold: 200 * time.Millisecond},
		},
	}
	assert.Equal(t, e.Objectives, e.ObjectivesFor(HTTPLatency), "named ones take the tier's place")
	assert.Equal(t, "http_latency_100ms", e.Series(e.Objectives[0]), "another threshold is counted apart")
	assert.Equal(t, "http_latency", e.Series(e.Objectives[1]))

	assert.Equal(t, e.Objectives[:1], e.AppendObjectivesOf(nil, "http_latency_100ms"))
	assert.Equal(t, e.Objectives[1:], e.AppendObjectivesOf(nil, HTTPLatency))
	assert.Empty(t, e.AppendObjectivesOf(nil, "http_latency_50ms"), "no objective asks for it any more")
	assert.Equal(t, e.ObjectivesFor(DBLatency), e.AppendObjectivesOf(nil, DBLatency))
	e.Objectives[1].Threshold++
	assert.Empty(t, e.AppendObjectivesOf(nil, HTTPLatency), "named ones with other thresholds take its place too")

	assert.Equal(t, []Objective{{
		Name: GRPCLatency, Indicator: GRPCLatency, Kind: Latency, Target: e.LatencyTarget, Threshold: e.LatencyThreshold,
		Window: RollingWindow(30 * day), MinEvents: 7, Labels: e.Labels, Implicit: true,
	}}, e.ObjectivesFor(GRPCLatency))

	e.BudgetWindow = Window{Calendar: Month}
	own := e.ObjectivesFor("checkout_answers")[0]
	assert.Equal(t, EventRatio, own.Kind, "an indicator of one's own without the suffix is about availability")
	assert.Equal(t, e.Availability, own.Target)
	assert.Equal(t, e.BudgetWindow, own.Window)
	assert.Equal(t, "checkout_answers", e.Series(own))
}

func TestDefaultPolicy(t *testing.T) {
	p := DefaultPolicy()
	assert.Equal(t, "0.5 0.2", p.NormalAt.String()+" "+p.CanaryAt.String())
	assert.False(t, p.Passes(ChangeSecurity))
	p.PassFreeze = []string{ChangeSecurity}
	assert.True(t, p.Passes(ChangeSecurity))
	assert.False(t, p.Passes(ChangeFeature))
}

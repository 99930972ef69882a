// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// policyCatalogue promises 99.95 % for each service of the worked cases.
const policyCatalogue = `
services:
  - {name: shop, tier: tier1, team: shop, slo: {availability: 0.9995}}
`

// The boundaries of the policy on ten million requests at 99.95 %, where 5,000
// may fail, from OTLP to the gate and to an exit code.
func TestPolicyBoundaries(t *testing.T) {
	const valid = 10_000_000
	tests := []struct {
		name      string
		bad       uint64
		remaining float64
		state     string
		strategy  string
		check     int // status of /v1/check
		full      int // and with ?strategy=full
		exit      int // of sloectl gate
	}{
		{"exactly half is left", 2500, 0.5, budgetapi.StateNormal, budgetapi.StrategyFull, 200, 200, 0},
		{"one more has failed", 2501, 0.4998, budgetapi.StateCanary, budgetapi.StrategyCanary, 200, 423, 1},
		{"exactly a fifth is left", 4000, 0.2, budgetapi.StateCanary, budgetapi.StrategyCanary, 200, 423, 1},
		{"one more has failed than that", 4001, 0.1998, budgetapi.StateFreeze, budgetapi.StrategyNone, 423, 423, 2},
		{"more than all is spent", 6000, -0.2, budgetapi.StateFreeze, budgetapi.StrategyNone, 423, 423, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := startGateway(t, policyCatalogue, "")
			g.sendMetrics(t, unspanned("shop", valid-tt.bad, tt.bad))
			service := g.waitForValid(t, "shop", slo.HTTPAvailability, valid)
			availability := sloOf(t, service, slo.HTTPAvailability)
			assert.Equal(t, tt.bad, availability.Bad)
			assert.Equal(t, uint64(valid)-tt.bad, availability.Good)

			var gate budgetapi.Gate
			status, err := collectorbed.GetJSON(g.budget+"/v1/gate/shop", &gate)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, status, "the gate always answers 200")
			assert.Equal(t, tt.state, gate.State)
			assert.Equal(t, tt.strategy, gate.Strategy.Type)
			assert.Equal(t, tt.exit != 2, gate.Allow)
			require.NotNil(t, gate.Budget)
			assert.Equal(t, tt.remaining, gate.Budget.Remaining)
			assert.Equal(t, slo.HTTPAvailability, gate.Budget.SLO)

			for query, want := range map[string]int{"": tt.check, "?strategy=full": tt.full} {
				status, err = collectorbed.GetJSON(g.budget+"/v1/check/shop"+query, &budgetapi.Gate{})
				require.NoError(t, err)
				assert.Equal(t, want, status, "/v1/check/shop%s", query)
			}

			exit, out := sloectl(t, "gate", "shop", "--endpoint", g.budget, "--output", "json")
			assert.Equal(t, tt.exit, exit)
			var printed budgetapi.Gate
			require.NoError(t, json.Unmarshal([]byte(out), &printed), out)
			assert.Equal(t, tt.state, printed.State)
			g.Terminate(t)
		})
	}
}

func TestGateWithoutAnEndpoint(t *testing.T) {
	exit, _ := sloectl(t, "gate", "shop", "--endpoint", "http://"+nginxbed.FreeAddress(t))
	assert.Equal(t, 3, exit)
}

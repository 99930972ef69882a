// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// The schema and the documentation list the codes and states that there are.
func TestContractListsEveryCode(t *testing.T) {
	data, err := budgetapi.Schemas.ReadFile("schema/gate.schema.json")
	require.NoError(t, err)
	var schema struct {
		Properties struct {
			State   struct{ Enum []policy.State }
			Reasons struct {
				Items struct {
					Properties struct {
						Code struct{ Enum []policy.Code }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &schema))
	assert.Equal(t, policy.Codes(), schema.Properties.Reasons.Items.Properties.Code.Enum)
	assert.Equal(t, policy.States(), schema.Properties.State.Enum)

	docs, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "api", "README.md"))
	require.NoError(t, err)
	for _, code := range policy.Codes() {
		assert.Contains(t, string(docs), "`"+string(code)+"`")
	}
}

// An objective is written with its exact digits and read back unchanged.
func TestNumberKeepsItsDigits(t *testing.T) {
	data, err := json.Marshal(budgetapi.SLO{Objective: "0.999500001"})
	require.NoError(t, err)
	assert.Contains(t, string(data), `"objective":0.999500001,`)
	var back budgetapi.SLO
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, budgetapi.Number("0.999500001"), back.Objective)
}

// SPDX-License-Identifier: Apache-2.0

package budgetapi

import "embed"

// Schemas holds the JSON Schemas (draft 2020-12) of what the budget endpoint
// says, as schema/{gate,budgets,error}.schema.json. Tests hold every answer of
// the handlers against them.
//
//go:embed schema
var Schemas embed.FS

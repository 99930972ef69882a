// SPDX-License-Identifier: Apache-2.0

// Package budgetapi holds what the budget endpoint says, as Go types and as JSON
// Schemas: the error_budget extension writes it, sloectl reads it.
//
// Times are RFC 3339 in UTC, counts are integers, and a share is a number where
// 1 is all of it.
package budgetapi // import "github.com/sloe-dev/sloe/internal/budgetapi"

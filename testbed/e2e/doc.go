// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the built collector on live traffic: real servers, counted
// against their own logs and counters. What the tests assert are equalities.
package e2e // import "github.com/sloe-dev/sloe/testbed/e2e"

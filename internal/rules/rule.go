// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Set is what a catalogue makes.
type Set struct {
	// Files hold one service each, in the order of the catalogue.
	Files []File
	// Warnings say what was left out and why.
	Warnings []string
}

// File holds the rules of one service.
type File struct {
	// Name is unique in the set, safe as a file name, without extension: such as
	// slo-payment-api.
	Name string
	// Service as the catalogue names it.
	Service slo.Service
	Groups  []Group

	plan *plan
}

// Tests returns the blocks of a promtool test file for the file's groups.
func (f File) Tests() []Test { return testsOf(f.plan) }

// Group is a list of rules that are evaluated in order, at one instant.
type Group struct {
	Name string
	// Interval between evaluations; 0 is Prometheus's default.
	Interval time.Duration
	Rules    []Rule
}

// Rule is a recording rule if Record is set, otherwise an alert.
type Rule struct {
	Record, Alert string
	Expr          string
	For           time.Duration
	Labels        map[string]string
	Annotations   map[string]string
}

// maxGroup is Mimir's default limit of rules in a group
// (ruler_max_rules_per_rule_group).
const maxGroup = 20

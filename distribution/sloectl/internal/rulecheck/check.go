// SPDX-License-Identifier: Apache-2.0

// Package rulecheck validates rule files with Prometheus's own library.
package rulecheck // import "github.com/sloe-dev/sloe/distribution/sloectl/internal/rulecheck"

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// Count is what valid files hold.
type Count struct{ Groups, Rules int }

// maxGroup is Mimir's default limit of rules in a group.
const maxGroup = 20

// Check validates one rule file in Prometheus's format: that Prometheus loads it,
// that no two rules of it record or fire the same series, that no group exceeds
// Mimir's limit, and that alerts read only what their own group records before
// them. The error joins all that is wrong.
func Check(data []byte) (Count, error) {
	p := parser.NewParser(parser.Options{})
	groups, errs := rulefmt.Parse(data, false, model.LegacyValidation, p, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return Count{}, errors.Join(errs...)
	}
	c := Count{Groups: len(groups.Groups)}
	seen := map[string]string{}
	for _, g := range groups.Groups {
		c.Rules += len(g.Rules)
		if len(g.Rules) > maxGroup {
			errs = append(errs, fmt.Errorf("group %q has %d rules, at most %d are allowed in Mimir", g.Name, len(g.Rules), maxGroup))
		}
		errs = append(errs, checkGroup(g, seen, p)...)
	}
	return c, errors.Join(errs...)
}

func checkGroup(g rulefmt.RuleGroup, seen map[string]string, p parser.Parser) (errs []error) {
	recorded := map[string]bool{}
	for _, r := range g.Rules {
		series := identity(r)
		if other, twice := seen[series]; twice {
			errs = append(errs, fmt.Errorf("group %q: %s is in group %q too", g.Name, series, other))
		}
		seen[series] = g.Name
		if r.Record != "" {
			recorded[r.Record] = true
			continue
		}
		metrics, err := Metrics(r.Expr, p)
		if err != nil {
			errs = append(errs, fmt.Errorf("group %q: alert %s: %w", g.Name, r.Alert, err))
		}
		for _, metric := range metrics {
			if !recorded[metric] {
				errs = append(errs, fmt.Errorf("group %q: alert %s reads %s, which the group does not record before it", g.Name, r.Alert, metric))
			}
		}
	}
	return errs
}

// identity is what Prometheus tells the results of rules apart by.
func identity(r rulefmt.Rule) string {
	id := r.Record + r.Alert + "{"
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		id += fmt.Sprintf("%s=%q,", name, r.Labels[name])
	}
	return id + "}"
}

// Metrics returns the names of the series that an expression reads.
func Metrics(expr string, p parser.Parser) ([]string, error) {
	parsed, err := p.ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", expr, err)
	}
	var names []string
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if v, ok := node.(*parser.VectorSelector); ok {
			names = append(names, v.Name)
		}
		return nil
	})
	return names, nil
}

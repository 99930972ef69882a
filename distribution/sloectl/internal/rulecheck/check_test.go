// SPDX-License-Identifier: Apache-2.0

package rulecheck

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCheck(t *testing.T) {
	c, err := Check([]byte(`
groups:
  - name: g
    rules:
      - {record: "a:b", expr: "sum(rate(c[5m]))"}
      - {alert: A, expr: "a:b > 1"}
`))
	assert.NoError(t, err)
	assert.Equal(t, Count{Groups: 1, Rules: 2}, c)
}

func TestFaultsAreNamed(t *testing.T) {
	many := "groups: [{name: g, rules: ["
	for i := range 21 {
		many += fmt.Sprintf("{record: 'a:b%d', expr: '1'},", i)
	}
	for name, tt := range map[string]struct{ file, says string }{
		"no YAML":          {"groups: [", "yaml"},
		"no PromQL":        {"groups: [{name: g, rules: [{record: 'a:b', expr: 'sum('}]}]", "parse"},
		"a bad template":   {"groups: [{name: g, rules: [{record: a, expr: '1'}, {alert: A, expr: a, annotations: {s: '{{ nosuch }}'}}]}]", "nosuch"},
		"newer than 2.42":  {"groups: [{name: g, offset: 1m, rules: []}]", "offset"},
		"two alike":        {"groups: [{name: g, rules: [{record: a, expr: '1'}, {record: a, expr: '2'}]}]", "is in group"},
		"a raw alert":      {"groups: [{name: g, rules: [{alert: A, expr: 'up == 0'}]}]", "does not record"},
		"read before":      {"groups: [{name: g, rules: [{alert: A, expr: 'a > 0'}, {record: a, expr: '1'}]}]", "does not record"},
		"of another group": {"groups: [{name: g, rules: [{record: a, expr: '1'}]}, {name: h, rules: [{alert: A, expr: a}]}]", "does not record"},
		"a large group":    {strings.TrimSuffix(many, ",") + "]}]", "at most 20"},
	} {
		_, err := Check([]byte(tt.file))
		assert.ErrorContains(t, err, tt.says, name)
	}
}

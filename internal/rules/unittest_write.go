// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"io"
)

// WriteTests writes a test file for `promtool test rules`, which reads the rules
// from a file beside it.
func WriteTests(w io.Writer, ruleFile string, tests []Test) error {
	y := &yamlWriter{w: w}
	y.line(0, "rule_files: ["+quote(ruleFile)+"]")
	y.line(0, "evaluation_interval: 1m")
	y.line(0, "tests:")
	for _, t := range tests {
		y.line(1, "- name: "+quote(t.Name))
		y.line(2, "interval: 1m")
		if len(t.Inputs) > 0 {
			y.line(2, "input_series:")
		}
		for _, in := range t.Inputs {
			y.line(3, "- series: "+quote(in.Series))
			y.line(3, "  values: "+quote(in.Values))
		}
		y.line(2, "promql_expr_test:")
		for _, c := range t.Checks {
			y.check(3, c)
		}
	}
	return y.err
}

func (y *yamlWriter) check(depth int, c Check) {
	y.line(depth, "- expr: "+quote(c.Expr))
	y.line(depth+1, fmt.Sprintf("eval_time: %dm", c.Minute))
	if !c.Empty {
		y.line(depth+1, fmt.Sprintf(`exp_samples: [{labels: "{}", value: %v}]`, c.Value))
	}
}

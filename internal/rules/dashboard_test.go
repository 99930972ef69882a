// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type grafana struct {
	Title      string
	Templating struct {
		List []struct{ Name, Definition string }
	}
	Panels []struct {
		ID      int
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr, LegendFormat string }
	}
}

// Every query of a dashboard parses, and reads series that the rules of its
// profile record, by labels that these have.
func TestDashboardsReadWhatIsRecorded(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	for _, profile := range Profiles {
		t.Run(profile, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, WriteDashboard(&out, profile))
			var g grafana
			require.NoError(t, json.Unmarshal(out.Bytes(), &g))
			require.NotEmpty(t, g.Panels)
			set := generate(t, "testdata/service_catalog.yaml", Options{Profile: profile})
			ids := map[int]bool{}
			for _, panel := range g.Panels {
				assert.False(t, ids[panel.ID])
				ids[panel.ID] = true
				assert.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24)
				require.NotEmpty(t, panel.Targets)
				for _, target := range panel.Targets {
					expr, err := p.ParseExpr(target.Expr)
					require.NoError(t, err, target.Expr)
					parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
						if v, ok := n.(*parser.VectorSelector); ok {
							assert.True(t, reads(set, v), "%s: nothing like %s is recorded", target.Expr, v)
						}
						return nil
					})
				}
			}
			choice, err := p.ParseExpr(labelValues(t, g.Templating.List[1].Definition))
			require.NoError(t, err)
			assert.True(t, reads(set, choice.(*parser.VectorSelector)))
		})
	}
	assert.Error(t, WriteDashboard(&bytes.Buffer{}, "other"))
}

// labelValues returns the series of label_values(series, label).
func labelValues(t *testing.T, definition string) string {
	t.Helper()
	series, found := bytes.CutPrefix([]byte(definition), []byte("label_values("))
	require.True(t, found)
	name, _, found := bytes.Cut(series, []byte(","))
	require.True(t, found)
	return string(name)
}

// reads tells whether a selector finds a rule's result: its name, and labels that
// the rule gives or that counts are summed by.
func reads(set Set, v *parser.VectorSelector) bool {
	for _, f := range set.Files {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				if finds(r, v) {
					return true
				}
			}
		}
	}
	return false
}

func finds(r Rule, v *parser.VectorSelector) bool {
	name, own := r.Record, []string{}
	own = append(own, serviceLabels...)
	if r.Alert != "" {
		name, own = "ALERTS", []string{"alertname", "alertstate"}
	}
	return !slices.ContainsFunc(v.LabelMatchers, func(m *labels.Matcher) bool {
		if m.Name == model.MetricNameLabel {
			return !m.Matches(name)
		}
		_, given := r.Labels[m.Name]
		return !given && !slices.Contains(own, m.Name)
	})
}

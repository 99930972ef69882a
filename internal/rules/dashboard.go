// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// panel is one plot of a dashboard: what it asks, and how the answer reads.
type panel struct {
	title, about string
	kind         string // stat, timeseries or state-timeline
	width        int    // of 24
	unit         string
	queries      []query
	steps        []step // colours from a value on; the first has no value
}

type query struct{ expr, legend string }

type step struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"`
}

// board is a dashboard of one profile: its panels, and what the reader chooses.
type board struct {
	title    string
	variable string // name of the choice
	label    string
	values   string // a label_values query
	panels   []panel
}

// WriteDashboard writes a dashboard for Grafana 9 and later over the series that a
// profile records.
func WriteDashboard(w io.Writer, profile string) error {
	b, ok := boards()[profile]
	if !ok {
		return fmt.Errorf("profile must be one of %s, not %q", strings.Join(Profiles, ", "), profile)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(b.model(profile))
}

func boards() map[string]board {
	return map[string]board{Classic: classicBoard(), Sloth: slothBoard(), Pyrra: pyrraBoard()}
}

const panelHeight = 8

// datasource is chosen by the reader too.
var datasource = map[string]string{"type": "prometheus", "uid": "${datasource}"}

// model is the dashboard as Grafana has it.
func (b board) model(profile string) map[string]any {
	var panels []map[string]any
	x, y := 0, 0
	for i, p := range b.panels {
		if x+p.width > 24 {
			x, y = 0, y+panelHeight
		}
		panels = append(panels, p.model(i+1, x, y))
		x += p.width
	}
	return map[string]any{
		"uid": "sloe-" + profile, "title": b.title, "tags": []string{"sloe", "slo"}, "schemaVersion": 37, "version": 1,
		"editable": true, "timezone": "browser", "refresh": "1m", "time": map[string]string{"from": "now-24h", "to": "now"},
		"templating": map[string]any{"list": []map[string]any{
			{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0},
			{
				"name": b.variable, "label": b.label, "type": "query", "datasource": datasource, "refresh": 2, "sort": 1,
				"definition": b.values, "query": map[string]string{"query": b.values, "refId": "values"}, "hide": 0,
			},
		}},
		"panels": panels,
	}
}

func (p panel) model(id, x, y int) map[string]any {
	var targets []map[string]any
	for i, q := range p.queries {
		targets = append(targets, map[string]any{
			"refId": string(rune('A' + i)), "expr": q.expr, "legendFormat": q.legend, "datasource": datasource, "instant": p.kind == "stat",
		})
	}
	defaults := map[string]any{"unit": p.unit, "noValue": "no data"}
	if p.steps != nil {
		defaults["thresholds"] = map[string]any{"mode": "absolute", "steps": p.steps}
		defaults["color"] = map[string]string{"mode": "thresholds"}
	}
	if p.kind == "timeseries" {
		// Minutes without data are a gap, never a line.
		defaults["custom"] = map[string]any{"spanNulls": false, "lineWidth": 1, "fillOpacity": 5}
		defaults["color"] = map[string]string{"mode": "palette-classic"}
	}
	return map[string]any{
		"id": id, "type": p.kind, "title": p.title, "description": p.about, "datasource": datasource,
		"gridPos":     map[string]int{"x": x, "y": y, "w": p.width, "h": panelHeight},
		"fieldConfig": map[string]any{"defaults": defaults, "overrides": []any{}},
		"targets":     targets,
	}
}

// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Formats of a rule file.
const (
	// Prometheus is a rule file as rule_files names it.
	Prometheus = "prometheus"
	// Operator is a PrometheusRule object of the Prometheus operator.
	Operator = "operator"
	// Mimir is a file for `mimirtool rules load`: a namespace a service.
	Mimir = "mimir"
)

// Formats are the values that Write takes.
var Formats = []string{Prometheus, Operator, Mimir}

// Write writes files in a format: as one rule file in Prometheus's, and as one
// YAML document each in the others.
func Write(w io.Writer, format string, files ...File) error {
	out, err := NewWriter(w, format)
	for _, f := range files {
		if err != nil {
			return err
		}
		err = out.Add(f)
	}
	if err != nil {
		return err
	}
	return out.Close()
}

// Writer writes files one by one, as Write does.
type Writer struct {
	y      yamlWriter
	format string
	some   bool
}

// NewWriter returns one that writes to w. The error lists the formats there are.
func NewWriter(w io.Writer, format string) (*Writer, error) {
	if !slices.Contains(Formats, format) {
		return nil, fmt.Errorf("format must be one of %s, not %q", strings.Join(Formats, ", "), format)
	}
	return &Writer{y: yamlWriter{w: w}, format: format}, nil
}

// Add writes one file's groups.
func (w *Writer) Add(f File) error {
	y := &w.y
	if w.some && w.format != Prometheus {
		y.line(0, "---")
	}
	switch w.format {
	case Operator:
		y.line(0, "apiVersion: monitoring.coreos.com/v1")
		y.line(0, "kind: PrometheusRule")
		y.line(0, "metadata:")
		y.line(1, "name: "+quote(objectName(f.Name)))
		y.line(1, "labels:")
		y.line(2, "app.kubernetes.io/managed-by: sloe")
		y.line(0, "spec:")
		y.line(1, "groups:")
		y.groups(2, f.Groups)
	case Mimir:
		y.line(0, "namespace: "+quote(f.Name))
		fallthrough
	default:
		if w.format == Mimir || !w.some {
			y.line(0, "groups:")
		}
		y.groups(1, f.Groups)
	}
	w.some = true
	return y.err
}

// Close ends the output. It does not close what it writes to.
func (w *Writer) Close() error {
	if !w.some && w.format == Prometheus {
		w.y.line(0, "groups: []")
	}
	return w.y.err
}

// objectName makes a name that Kubernetes takes: lower case, digits, - and .
func objectName(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	return strings.Trim(name, "-.")
}

// yamlWriter writes lines and remembers the first error.
type yamlWriter struct {
	w   io.Writer
	err error
}

func (y *yamlWriter) line(depth int, text string) {
	if y.err == nil {
		_, y.err = io.WriteString(y.w, strings.Repeat("  ", depth)+text+"\n")
	}
}

func (y *yamlWriter) groups(depth int, groups []Group) {
	for _, g := range groups {
		y.line(depth, "- name: "+quote(g.Name))
		if g.Interval > 0 {
			y.line(depth+1, "interval: "+span(g.Interval))
		}
		y.line(depth+1, "rules:")
		for _, r := range g.Rules {
			y.rule(depth+2, r)
		}
	}
}

func (y *yamlWriter) rule(depth int, r Rule) {
	if r.Record != "" {
		y.line(depth, "- record: "+quote(r.Record))
	} else {
		y.line(depth, "- alert: "+quote(r.Alert))
	}
	y.line(depth+1, "expr: |-")
	for part := range strings.SplitSeq(r.Expr, "\n") {
		y.line(depth+2, part)
	}
	if r.For > 0 {
		y.line(depth+1, "for: "+span(r.For))
	}
	y.texts(depth+1, "labels", r.Labels)
	y.texts(depth+1, "annotations", r.Annotations)
}

func (y *yamlWriter) texts(depth int, key string, values map[string]string) {
	if len(values) == 0 {
		return
	}
	y.line(depth, key+":")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		y.line(depth+1, name+": "+quote(values[name]))
	}
}

// quote writes a text as a YAML double-quoted scalar, of which JSON's strings are
// a subset.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

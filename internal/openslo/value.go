// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"math/big"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/internal/slo"
)

func milliseconds(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// exact reads a decimal, divides it, and returns it if it can be an objective.
func exact(text string, by int64) (decimal, bool) {
	if len(text) > 32 || strings.Trim(text, ".0123456789") != "" { // an exponent may make it large
		return "", false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return "", false
	}
	r.Quo(r, big.NewRat(by, 1))
	const digits = 12
	out := strings.TrimRight(r.FloatString(digits), "0")
	ratio, err := slo.ParseRatio(out)
	if err != nil || ratio.Num == 0 || ratio.Num == ratio.Den || new(big.Rat).SetFrac64(int64(ratio.Num), int64(ratio.Den)).Cmp(r) != 0 {
		return "", false
	}
	return decimal(ratio.String()), true
}

// value reads op and value of an objective on a thresholdMetric.
func (im *importer) value(d *document, item *object, ind indicator) (threshold time.Duration, why string) {
	op, value := item.text("op"), item.text("value")
	switch {
	case op != "lte" && op != "lt":
		return 0, "a threshold of durations has the op lte, not " + op
	case ind.unit == 0:
		return 0, "the unit of value is not known: give the SLI or the SLO the annotation " + annotationThreshold
	}
	threshold = inMilliseconds(value, ind.unit)
	if threshold <= 0 {
		return 0, "value must be a whole number of milliseconds, not " + value + " (unit " + ind.unit.String()[1:] + ")"
	}
	if op == "lt" {
		im.note(d, item.lines["op"], Changed, "%s.op is lt; here the threshold itself is good", item.path)
	}
	return threshold, ""
}

var notInNames, notInLabels = regexp.MustCompile(`[^a-z0-9]+`), regexp.MustCompile(`[^a-zA-Z0-9_]`)

const longestName = 63

// sanitizeName makes a name that a catalogue accepts. Names that it accepts stay.
func sanitizeName(name string) string {
	var parts []string
	rest := strings.ToLower(name)
	for rest != "" {
		at := notInNames.FindStringIndex(rest)
		if at == nil {
			parts = append(parts, rest)
			break
		}
		between := rest[at[0]:at[1]]
		if between != "_" && between != "." {
			between = "-"
		}
		if at[0] > 0 && at[1] < len(rest) {
			parts = append(parts, rest[:at[0]], between)
		} else if at[0] > 0 {
			parts = append(parts, rest[:at[0]])
		}
		rest = rest[at[1]:]
	}
	out := strings.Join(parts, "")
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		out = "slo-" + out
	}
	if len(out) > longestName {
		out = out[:longestName]
	}
	return strings.TrimRight(out, "-._")
}

// labels takes labels or annotations. Those that speak to Sloe are taken by who
// needs them.
func (im *importer) labels(d *document, from *object) map[string]string {
	out := map[string]string{}
	for _, key := range from.names {
		if strings.HasPrefix(key, "sloe.dev/") {
			continue
		}
		from.take(key)
		node := from.values[key]
		value := node.Value
		if node.Kind == yaml.SequenceNode {
			var all []string
			eachText(node, func(text string) { all = append(all, text) })
			value = strings.Join(all, ",")
			im.note(d, from.lines[key], Changed, "%s holds a list, which is joined by commas", from.key(key))
		}
		name := notInLabels.ReplaceAllString(key, "_")
		if strings.HasPrefix(name, "__") || name[0] >= '0' && name[0] <= '9' {
			name = "x" + name
		}
		if _, twice := out[name]; twice {
			im.note(d, from.lines[key], LeftOut, "%s would be the label %s, which is taken", from.key(key), name)
			continue
		}
		if name != key {
			im.note(d, from.lines[key], Changed, "%s is the label %s", from.key(key), name)
		}
		out[name] = value
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// alertText is what the alerts of an objective carry, and which there are.
type alertText struct {
	labels, annotations map[string]string
	off                 []string
}

var alertKeys = []string{"labels", "annotations", "alerts_off"}

// allAlerts stands for each of AlertNames.
const allAlerts = "all"

// maxLabels bounds the labels of an objective, and as many annotations: each is
// in every alert and in every rule of it.
const maxLabels = 32

// labelName is what Prometheus and Alertmanager accept as the name of a label.
// Names that start with two underscores are their own.
var labelName = regexp.MustCompile(`^(_?[a-zA-Z])[a-zA-Z0-9_]*$`)

// alerts reads the keys of a mapping over what holds without them: labels and
// annotations one by one, the list of alerts as a whole.
func (f *fields) alerts(base alertText) alertText {
	out := alertText{
		labels:      f.labels("labels", base.labels),
		annotations: f.labels("annotations", base.annotations),
		off:         base.off,
	}
	if _, given := f.values["alerts_off"]; given {
		out.off = nil
	}
	allowed := append(AlertNames(), allAlerts)
	for i, item := range f.list("alerts_off") {
		switch {
		case item.Value == allAlerts:
			out.off = AlertNames()
		case !slices.Contains(allowed, item.Value):
			f.fail(item, fmt.Sprintf("alerts_off[%d]", i), oneOf(allowed...)(item.Value))
		case !slices.Contains(out.off, item.Value):
			out.off = append(slices.Clip(out.off), item.Value)
		}
	}
	return out
}

// labels reads a mapping of names to texts over another one.
func (f *fields) labels(key string, base map[string]string) map[string]string {
	own := f.errs.mapping(f.key(key), f.values[key])
	if len(own.names) == 0 {
		return base
	}
	out := maps.Clone(base)
	if out == nil {
		out = map[string]string{}
	}
	for _, name := range own.names {
		if !labelName.MatchString(name.Value) {
			f.errs.at(name, "%s must be a label's name: letters, digits and underscores, not a digit first and not two underscores", own.key(name.Value))
			continue
		}
		out[name.Value] = own.text(name.Value)
	}
	if len(out) > maxLabels {
		f.errs.at(f.values[key], "%s has %d names, at most %d are allowed", f.key(key), len(out), maxLabels)
	}
	return out
}

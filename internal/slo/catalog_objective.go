// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// objectiveKeys are the keys of a named SLO, in the order in which errors list
// them.
var objectiveKeys = slices.Concat(
	[]string{"name", "indicator", "kind", "target", "threshold_ms", "latency", "slice_target", "min_events"}, windowKeys, alertKeys)

// maxObjectives bounds the named SLOs of a service, each with its own windows.
const maxObjectives = 100

// maxName bounds the name of an SLO, which is also a DNS label in OpenSLO.
const maxName = 63

var (
	objectiveName = regexp.MustCompile(`^[a-z][a-z0-9]*([._-][a-z0-9]+)*$`)
	indicatorName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// Indicators lists the names of the built-in indicators.
func Indicators() []string {
	return []string{HTTPAvailability, HTTPLatency, GRPCAvailability, GRPCLatency, DBAvailability, DBLatency}
}

// readObjectives reads the named SLOs of a service. What they do not say is taken
// from the promise.
func readObjectives(service *fields, p promise) []Objective {
	list := service.values["slos"]
	if list == nil || list.Tag == "!!null" {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		service.fail(list, "slos", errors.New("must be a list"))
		return nil
	}
	if len(list.Content) > maxObjectives {
		service.fail(list, "slos", fmt.Errorf("has %d SLOs, at most %d are allowed", len(list.Content), maxObjectives))
		return nil
	}
	var out []Objective
	lines := map[string]int{}
	for i, node := range list.Content {
		f := service.errs.mapping(fmt.Sprintf("%s[%d]", service.key("slos"), i), resolve(node))
		o := readObjective(f, node, p)
		if line, twice := lines[o.Name]; twice {
			service.errs.at(node, "%s names %s again, which line %d has: an SLO is named once in a service", f.path, o.Name, line)
		}
		lines[o.Name] = node.Line
		out = append(out, o)
	}
	return out
}

func readObjective(f *fields, node *yaml.Node, p promise) Objective {
	f.allow(objectiveKeys...)
	alerts := f.alerts(p.alerts)
	o := Objective{
		Name: f.text("name"), Indicator: f.text("indicator"), Window: f.window(p.window), MinEvents: p.minEvents,
		Labels: alerts.labels, Annotations: alerts.annotations, AlertsOff: alerts.off,
	}
	if !objectiveName.MatchString(o.Name) || len(o.Name) > maxName {
		f.fail(node, "name", fmt.Errorf("must be lower-case letters and digits, parted by _, - or ., at most %d, such as checkout_fast, not %q", maxName, o.Name))
	}
	if !indicatorName.MatchString(o.Indicator) {
		f.fail(node, "indicator", fmt.Errorf("must be the sli.name of an indicator, such as %s, not %q", HTTPAvailability, o.Indicator))
	} else if slices.Contains(Indicators(), o.Name) && o.Name != o.Indicator {
		f.fail(node, "name", fmt.Errorf("must not be that of another indicator than its own, %s", o.Indicator))
	}
	o.Target = p.availability
	if IsLatency(o.Indicator) {
		o.Target, o.Threshold = p.latencyTarget, p.latencyThreshold
		o.Felt = p.felt && CanBeFelt(o.Indicator)
	}
	f.parse("target", func(text string) (err error) { o.Target, err = parseObjective(text); return })
	f.parse("min_events", func(text string) (err error) { o.MinEvents, err = parseEvents(text); return })
	f.readKind(&o, node)
	f.readThreshold(&o)
	return o
}

// readKind reads how the objective judges. Unless the file says so, a target for
// slices makes time slices, and the indicator tells the rest.
func (f *fields) readKind(o *Objective, node *yaml.Node) {
	byIndicator := EventRatio
	if IsLatency(o.Indicator) {
		byIndicator = Latency
	}
	sliced, isSliced := f.values["slice_target"]
	o.Kind = byIndicator
	if isSliced {
		o.Kind = TimeSlices
	}
	f.parse("kind", func(text string) error {
		if err := oneOf(string(byIndicator), string(TimeSlices))(text); err != nil {
			return fmt.Errorf("%w: %s is about %s", err, o.Indicator, byIndicator)
		}
		o.Kind = Kind(text)
		return nil
	})
	f.parse("slice_target", func(text string) (err error) { o.SliceTarget, err = parseObjective(text); return })
	switch {
	case o.Kind == TimeSlices && !isSliced:
		f.fail(node, "slice_target", errors.New("must be given for time slices: the share of good events that makes a minute good, such as 0.95"))
	case o.Kind != TimeSlices && isSliced:
		f.fail(sliced, "slice_target", fmt.Errorf("goes with the kind %s alone", TimeSlices))
	}
}

// readThreshold reads a latency threshold of the objective's own. Indicators of a
// user's own have theirs in their conditions.
func (f *fields) readThreshold(o *Objective) {
	f.parse("threshold_ms", func(text string) (err error) {
		if !IsLatency(o.Indicator) || !slices.Contains(Indicators(), o.Indicator) {
			return fmt.Errorf("goes with %s alone", strings.Join([]string{HTTPLatency, GRPCLatency, DBLatency}, ", "))
		}
		o.Threshold, err = parseThreshold(text)
		return err
	})
	f.parse("latency", func(text string) (err error) {
		if !CanBeFelt(o.Indicator) {
			return fmt.Errorf("goes with %s and %s alone", HTTPLatency, GRPCLatency)
		}
		o.Felt, err = parseFelt(text)
		return err
	})
}

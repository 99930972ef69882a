// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// slo adds the objectives of an SLO to its service.
func (im *importer) slo(d *document) {
	serviceName := d.spec.text("service")
	if serviceName == "" {
		im.leaveOut(d, 0, "spec.service must be given")
		return
	}
	own := d.meta.child("annotations")
	target := im.serviceNamed(serviceName)
	if own.text(annotationImplicit) == "true" && target.Promise != nil {
		d.skipped = true // the service's promise says it
		return
	}
	method := d.spec.text("budgetingMethod")
	if method != "" && method != "Occurrences" && method != "Timeslices" {
		im.leaveOut(d, d.spec.lines["budgetingMethod"], "the budgetingMethod %s averages ratios, which is never exact; Occurrences and Timeslices are read", method)
		return
	}
	items := d.spec.list("objectives")
	if len(items) == 0 {
		im.leaveOut(d, 0, "spec.objectives must hold an objective")
		return
	}
	base, why := im.base(d, own)
	if why != "" {
		im.leaveOut(d, own.lines[annotationMinEvents], "%s", why)
		return
	}
	var shared indicator
	var whyShared string
	if d.spec.has("indicator") || d.spec.has("indicatorRef") {
		shared, whyShared = im.indicator(d, d.spec)
	}
	im.ownWords(d, own, &shared)
	var found []objective
	base.Latency = own.text(annotationLatency)
	if base.Latency != "" && base.Latency != latency(true) && base.Latency != latency(false) {
		im.leaveOut(d, own.lines[annotationLatency], "the annotation %s must be handler or felt, not %q", annotationLatency, base.Latency)
		return
	}
	for i, item := range items {
		ind, why := shared, whyShared
		if item.has("indicator") || item.has("indicatorRef") {
			ind, why = im.indicator(d, item)
		}
		if ind.name == "" {
			if why == "" {
				why = "it has neither indicator nor indicatorRef"
			}
			item.takeAll()
			im.note(d, item.node.Line, LeftOut, "%s: %s", item.path, why)
			continue
		}
		o := base
		o.Indicator = ind.name
		o.Name = im.objectiveName(d, own, item, i, len(items))
		if why := im.objective(d, item, ind, method == "Timeslices", &o); why != "" {
			item.takeAll()
			im.note(d, item.node.Line, LeftOut, "%s: %s", item.path, why)
			continue
		}
		if ind.guessed {
			im.note(d, item.node.Line, Changed, "%s: its events are those that Sloe counts as %s, by the rule of that indicator, not those of the query", item.path, ind.name)
		}
		found = append(found, o)
	}
	if len(found) == 0 {
		im.leaveOut(d, 0, "none of its objectives can be carried over")
		return
	}
	target.Objectives = append(target.Objectives, found...)
}

// base takes what all objectives of an SLO share.
func (im *importer) base(d *document, own *object) (o objective, why string) {
	im.window(d, &o)
	im.alertPolicies(d)
	o.Labels = im.labels(d, d.meta.child("labels"))
	o.Annotations = im.labels(d, own)
	for key, text := range map[string]string{"display_name": d.meta.text("displayName"), "description": d.spec.text("description")} {
		if _, given := o.Annotations[key]; text == "" || given {
			continue
		}
		if o.Annotations == nil {
			o.Annotations = map[string]string{}
		}
		o.Annotations[key] = strings.TrimSpace(text)
	}
	if own.has(annotationAlertsOff) {
		off := strings.FieldsFunc(own.text(annotationAlertsOff), func(r rune) bool { return r == ',' || r == ' ' })
		o.AlertsOff = &off
		for _, alert := range off {
			if !slices.Contains(append(slo.AlertNames(), "all"), alert) {
				return o, fmt.Sprintf("the annotation %s holds %q, which is no alert", annotationAlertsOff, alert)
			}
		}
	}
	if text := own.text(annotationMinEvents); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return o, fmt.Sprintf("the annotation %s must be a whole number, not %q", annotationMinEvents, text)
		}
		o.MinEvents = &n
	}
	return o, ""
}

// ownWords lays what the SLO's own annotations and the options say of its
// indicator over what the SLI says.
func (im *importer) ownWords(d *document, own *object, ind *indicator) {
	name := own.text(annotationIndicator)
	if given := im.options.Indicators[d.name]; given != "" {
		name = given
	}
	if name != "" {
		ind.name, ind.guessed = name, false
	}
	if ms, err := strconv.ParseInt(own.text(annotationThreshold), 10, 64); err == nil {
		ind.threshold = milliseconds(ms)
	}
}

// objective reads one objective of an SLO.
func (im *importer) objective(d *document, item *object, ind indicator, sliced bool, o *objective) (why string) {
	var ok bool
	percent := item.text("targetPercent")
	if o.Target, ok = exact(item.text("target"), 1); !ok {
		if o.Target, ok = exact(percent, 100); !ok {
			return "its target must be a decimal greater than 0 and less than 1 with at most 9 digits after the point"
		}
	}
	if sliced {
		if o.SliceTarget, ok = exact(item.text("timeSliceTarget"), 1); !ok {
			return "its timeSliceTarget must be a decimal greater than 0 and less than 1"
		}
		if w := item.text("timeSliceWindow"); w != "" && w != "1" && w != "1m" {
			im.note(d, item.lines["timeSliceWindow"], Changed, "%s.timeSliceWindow is %s; here slices are minutes", item.path, w)
		}
	}
	if ind.threshold == 0 && ind.raw {
		if ind.threshold, why = im.value(d, item, ind); why != "" {
			return why
		}
	} else if ind.raw {
		item.take("op", "value") // as the annotation says
	}
	if ind.threshold > 0 {
		if !slo.IsLatency(ind.name) || !slices.Contains(slo.Indicators(), ind.name) {
			return fmt.Sprintf("%s has no latency threshold", ind.name)
		}
		o.ThresholdMS = ind.threshold.Milliseconds()
	}
	if ind.felt {
		o.Latency = latency(true)
	}
	if o.Latency != "" && !slo.CanBeFelt(ind.name) {
		return fmt.Sprintf("the annotation %s goes with %s and %s alone", annotationLatency, slo.HTTPLatency, slo.GRPCLatency)
	}
	return ""
}

// objectiveName names an objective after its SLO, and after itself where an SLO
// has several.
func (im *importer) objectiveName(d *document, own, item *object, i, of int) string {
	if name := own.text(annotationName); name != "" && of == 1 {
		return name
	}
	name := d.name
	if of > 1 {
		part := item.text("displayName")
		if part == "" {
			part = strconv.Itoa(i + 1)
		}
		name += "-" + part
	}
	if fit := sanitizeName(name); fit != name {
		im.note(d, item.node.Line, Changed, "%s is named %s", item.path, fit)
		name = fit
	}
	return name
}

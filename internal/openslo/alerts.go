// SPDX-License-Identifier: Apache-2.0

package openslo

// burnRates are those that fire by the extension's default profile, by the long
// window: threshold and severity.
var burnRates = map[string][2]string{
	"1h": {"14.4", "page"}, "6h": {"6", "page"}, "1d": {"3", "ticket"}, "24h": {"3", "ticket"}, "3d": {"1", "ticket"}, "72h": {"1", "ticket"},
}

// alertPolicies takes the policies of an SLO: those in line, and names of others,
// which are documents of their own.
func (im *importer) alertPolicies(d *document) {
	for _, item := range d.spec.list("alertPolicies") {
		name := item.text("alertPolicyRef")
		if item.values == nil || len(item.names) == 0 {
			name = item.node.Value
		}
		switch {
		case item.has("spec"):
			item.take("apiVersion", "kind")
			im.policy(d, item.child("metadata"), item.child("spec"))
		case im.byName["AlertPolicy "+name] == nil:
			im.note(d, item.node.Line, LeftOut, "there is no AlertPolicy %s", name)
		}
	}
}

func (im *importer) alertPolicy(d *document) { im.policy(d, d.meta, d.spec) }

// policy takes a policy. Alerts come from the extension's profile: what differs
// from it is noted.
func (im *importer) policy(d *document, meta, spec *object) {
	meta.take("name", "displayName")
	spec.take("description")
	for key, usual := range map[string]string{"alertWhenBreaching": "true", "alertWhenResolved": "true", "alertWhenNoData": "true"} {
		line := spec.lines[key]
		if said := spec.text(key); said != "" && said != usual {
			im.note(d, line, Changed, "%s is %s; alerts fire and resolve, and of silence as well, unless alerts_off says otherwise", spec.key(key), said)
		}
	}
	if spec.has("notificationTargets") {
		spec.take("notificationTargets")
		im.note(d, spec.lines["notificationTargets"], LeftOut, "alerts go to the Alertmanagers and webhooks of the extension's configuration")
	}
	for _, item := range spec.list("conditions") {
		if item.has("spec") {
			item.take("apiVersion", "kind")
			im.alertCondition(d, item.child("metadata"), item.child("spec"))
			continue
		}
		name := item.text("conditionRef")
		if len(item.names) == 0 {
			name = item.node.Value
		}
		if im.byName["AlertCondition "+name] == nil {
			im.note(d, item.node.Line, LeftOut, "there is no AlertCondition %s", name)
		}
	}
}

// alertCondition takes a condition, and notes where the profile differs from it.
func (im *importer) alertCondition(d *document, meta, spec *object) {
	meta.take("name", "displayName")
	spec.take("description")
	severity := spec.text("severity")
	c := spec.child("condition")
	kind, op, threshold, window := c.text("kind"), c.text("op"), c.text("threshold"), c.text("lookbackWindow")
	line := spec.lines["condition"]
	usual, known := burnRates[window]
	if kind != "burnrate" || op != "" && op != "gt" && op != "gte" || !known || usual[0] != threshold {
		im.note(d, line, Changed, "%s %s %s over %s: the burn rates of the extension's alert profile hold instead", kind, op, threshold, window)
	} else if severity != "" && severity != usual[1] {
		im.note(d, line, Changed, "the severity of a burn rate of %s over %s is %s here, not %s", threshold, window, usual[1], severity)
	}
	if after := c.text("alertAfter"); after != "" && after != "0m" && after != "0s" {
		im.note(d, c.lines["alertAfter"], LeftOut, "alertAfter %s: a short window besides the long one keeps alerts from flapping", after)
	}
}

// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/internal/slo"
)

// indicator is what of an SLI a catalogue holds.
type indicator struct {
	name      string
	threshold time.Duration // 0: the service's
	// raw tells that the SLI gives durations to be held against the objective's
	// value, in units of unit; 0 if the SLI does not tell the unit.
	raw  bool
	unit time.Duration
	// felt tells that the duration is what the caller felt.
	felt bool
	// guessed tells that the name was taken from a query.
	guessed bool
}

// Words of queries that tell an indicator: series of our own, and those of the
// semantic conventions, by their new and their old names.
var (
	ownSeries   = regexp.MustCompile(`sli[._]events.*sli_name="([a-z0-9_]+)"`)
	apartSeries = regexp.MustCompile(`^(.*_latency)(_felt)?_([0-9]+)ms$`)
	edge        = regexp.MustCompile(`\ble=~?"([0-9]+(?:\.[0-9]+)?)`)
	families    = []struct {
		words                 *regexp.Regexp
		availability, latency string
	}{
		{regexp.MustCompile(`http[._]server[._](request[._])?duration|http_request_duration|http_requests_total`), slo.HTTPAvailability, slo.HTTPLatency},
		{regexp.MustCompile(`rpc[._]server[._](call[._])?duration|grpc_server_handl`), slo.GRPCAvailability, slo.GRPCLatency},
		{regexp.MustCompile(`db[._]client[._]operation[._]duration`), slo.DBAvailability, slo.DBLatency},
	}
)

// indicator reads the SLI that an SLO or an objective gives, in line or by name.
// Why says what is missing if there is none.
func (im *importer) indicator(d *document, of *object) (found indicator, why string) {
	if name := of.text("indicatorRef"); name != "" {
		sli, ok := im.byName["SLI "+name]
		if !ok {
			return indicator{}, "there is no SLI " + name
		}
		sli.spec.take("used")
		return im.sli(sli, sli.meta, sli.spec)
	}
	inline := of.child("indicator")
	if inline.node == nil {
		return indicator{}, "it has neither indicator nor indicatorRef"
	}
	inline.take("apiVersion", "kind")
	return im.sli(d, inline.child("metadata"), inline.child("spec"))
}

func (im *importer) sli(d *document, meta, spec *object) (indicator, string) {
	name := meta.text("name")
	meta.text("displayName") // its SLOs have names of their own
	var found indicator
	spec.text("description")
	queries := im.queries(d, spec, &found)
	a := meta.child("annotations")
	if ms, err := strconv.ParseInt(a.text(annotationThreshold), 10, 64); err == nil {
		found.threshold = milliseconds(ms)
	}
	switch {
	case im.options.Indicators[name] != "":
		found.name = im.options.Indicators[name]
		a.take(annotationIndicator)
	case a.has(annotationIndicator):
		found.name = a.text(annotationIndicator)
	default:
		found.guess(queries)
	}
	if found.name == "" {
		return found, "nothing tells which indicator SLI " + name + " is: give its documents the annotation " + annotationIndicator + ", or import with --indicator " + name + "=http_availability or the like"
	}
	return found, ""
}

// queries takes the metrics of an SLI, and returns their texts. They are not
// carried over: an indicator has its own rule.
func (im *importer) queries(d *document, spec *object, found *indicator) []string {
	var texts []string
	ratio, threshold := spec.child("ratioMetric"), spec.child("thresholdMetric")
	ratio.take("counter")
	found.raw = threshold.node != nil
	for _, metric := range []*object{ratio.child("good"), ratio.child("bad"), ratio.child("total"), ratio.child("raw"), threshold} {
		source := metric.child("metricSource")
		source.take("metricSourceRef", "type", "spec")
		eachText(source.values["spec"], func(text string) { texts = append(texts, text) })
	}
	if raw := ratio.text("rawType"); raw != "" {
		im.note(d, ratio.lines["rawType"], Changed, "a ratio of type raw is no count; the indicator counts events")
	}
	return texts
}

func eachText(node *yaml.Node, visit func(string)) {
	if node == nil {
		return
	}
	if node.Kind == yaml.ScalarNode {
		visit(node.Value)
	}
	for _, child := range node.Content {
		eachText(child, visit)
	}
}

// guess tells the indicator by the words of the queries.
func (i *indicator) guess(queries []string) {
	all := strings.Join(queries, "\n")
	if own := ownSeries.FindStringSubmatch(strings.ReplaceAll(all, "\n", " ")); own != nil {
		i.name = own[1]
		if apart := apartSeries.FindStringSubmatch(own[1]); apart != nil && slices.Contains(slo.Indicators(), apart[1]) {
			ms, _ := strconv.ParseInt(apart[3], 10, 64)
			i.name, i.felt, i.threshold = apart[1], apart[2] != "", milliseconds(ms)
		}
		return
	}
	for _, family := range families {
		if !family.words.MatchString(all) {
			continue
		}
		i.guessed, i.name = true, family.availability
		i.unit = time.Second // of the conventions' durations
		if strings.Contains(all, "_milliseconds") || strings.Contains(all, "_ms") {
			i.unit = time.Millisecond
		}
		if at := edge.FindStringSubmatch(all); at != nil {
			i.name, i.threshold = family.latency, inMilliseconds(at[1], i.unit)
		}
		if i.raw {
			i.name = family.latency
		}
		return
	}
}

// inMilliseconds reads a decimal number of units; 0 if it is no whole number of
// milliseconds.
func inMilliseconds(text string, unit time.Duration) time.Duration {
	d, err := time.ParseDuration(text + map[time.Duration]string{time.Second: "s", time.Millisecond: "ms"}[unit])
	if err != nil || d%time.Millisecond != 0 {
		return 0
	}
	return d
}

// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

var update = flag.Bool("update", false, "rewrite the expectations")

// importText imports one file named f.
func importText(t *testing.T, text string, options Options) (*slo.Snapshot, []string) {
	t.Helper()
	out, notes, err := Import([]slo.Source{{Name: "f", Data: []byte(text)}}, options)
	require.NoError(t, err)
	c, err := slo.ParseCatalogue("imported", out)
	require.NoError(t, err)
	var words []string
	for _, n := range notes {
		words = append(words, n.String())
	}
	return c, words
}

// A set of documents as a team writes them: what is understood is carried over,
// and every other key is named.
func TestImportOfATeam(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "team.yaml"))
	require.NoError(t, err)
	c, notes := importText(t, string(data), Options{})
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "team.notes"), []byte(strings.Join(notes, "\n")+"\n"), 0o600))
	}
	golden, err := os.ReadFile(filepath.Join("testdata", "team.notes"))
	require.NoError(t, err)
	assert.Equal(t, strings.Split(strings.TrimSpace(string(golden)), "\n"), notes)

	entries := c.Entries()
	require.Len(t, entries, 1)
	objectives := entries[0].Objectives
	require.Len(t, objectives, 4)
	availability, fast, slow, minutes := objectives[0], objectives[1], objectives[2], objectives[3]
	assert.Equal(t, "checkout", entries[0].Service.Name)
	assert.Equal(t, []string{"checkout-availability", "http_availability", "events", "0.9995", "28d"},
		[]string{availability.Name, availability.Indicator, string(availability.Kind), availability.Target.String(), availability.Window.String()})
	assert.Equal(t, map[string]string{"team": "payments", "app_kubernetes_io_part_of": "shop", "tiers": "one,two"}, availability.Labels)
	assert.Equal(t, "Requests that are answered", availability.Annotations["description"])
	assert.Equal(t, []any{"checkout-latency-fast", slo.Latency, 250 * time.Millisecond, "0.9", "month Europe/Berlin"},
		[]any{fast.Name, fast.Kind, fast.Threshold, fast.Target.String(), fast.Window.String()})
	assert.Equal(t, []any{"checkout-latency-slow", 1500 * time.Millisecond, "0.99"}, []any{slow.Name, slow.Threshold, slow.Target.String()})
	assert.Equal(t, []any{slo.TimeSlices, "0.95", "0.999", "week"}, []any{minutes.Kind, minutes.SliceTarget.String(), minutes.Target.String(), minutes.Window.String()})
}

// slo1 is one SLO with a few lines of its own.
func slo1(lines ...string) string {
	return "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec:\n  service: s\n  " + strings.Join(lines, "\n  ")
}

const (
	known     = "indicator: {metadata: {name: i, annotations: {sloe.dev/indicator: http_availability}}, spec: {}}"
	rolling30 = "timeWindow: [{duration: 30d, isRolling: true}]"
	target    = "objectives: [{target: 0.99}]"
)

func TestWhatIsNotCarriedOver(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a rolling window of 14 days", slo1(known, target, "timeWindow: [{duration: 14d, isRolling: true}]"), "changed: the rolling window 14d is none of 7d, 28d, 30d and 90d"},
		{"a second window", slo1(known, target, "timeWindow: [{duration: 30d, isRolling: true}, {duration: 7d, isRolling: true}]"), "left out: spec.timeWindow[1]: an SLO has one window"},
		{"no window", slo1(known, target), "changed: it has no timeWindow"},
		{"a calendar day", slo1(known, target, "timeWindow: [{duration: 1d, calendar: {startTime: '2024-01-01 00:00:00', timeZone: UTC}}]"), "changed: the calendar window 1d UTC is no week"},
		{"a month from the 15th", slo1(known, target, "timeWindow: [{duration: 1M, isRolling: false, calendar: {startTime: '2024-01-15 00:00:00', timeZone: UTC}}]"), "changed: the calendar window starts at 2024-01-15 00:00:00; here a month starts at its first midnight"},
		{"a zone that is none", slo1(known, target, "timeWindow: [{duration: 1M, calendar: {startTime: '2024-01-01 00:00:00', timeZone: Mars}}]"), "Mars is no week, month or quarter in a known time zone"},
		{"ratios of minutes averaged", slo1(known, target, rolling30, "budgetingMethod: RatioTimeslices"), "left out: the budgetingMethod RatioTimeslices averages ratios"},
		{"no service", "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec: {}", "left out: spec.service must be given"},
		{"no objective", slo1(known, rolling30), "left out: spec.objectives must hold an objective"},
		{"a target of one", slo1(known, rolling30, "objectives: [{target: 1.0}]"), "left out: spec.objectives[0]: its target must be a decimal"},
		{"ten digits", slo1(known, rolling30, "objectives: [{targetPercent: 99.999999999}]"), "its target must be a decimal"},
		{"an exponent", slo1(known, rolling30, "objectives: [{target: 9e-99999999}]"), "its target must be a decimal"},
		{"slices without a target", slo1(known, rolling30, target, "budgetingMethod: Timeslices"), "its timeSliceTarget must be a decimal"},
		{"slices of five minutes", slo1(known, rolling30, "objectives: [{target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 5m}]", "budgetingMethod: Timeslices"), "changed: spec.objectives[0].timeSliceWindow is 5m; here slices are minutes"},
		{"a weight", slo1(known, rolling30, "objectives: [{target: 0.9, compositeWeight: 2}]"), "left out: spec.objectives[0].compositeWeight has no place in a catalogue"},
		{"a key of nobody", slo1(known, rolling30, target, "owner: me"), "left out: spec.owner has no place"},
		{"an indicator of nobody", slo1("indicatorRef: x", rolling30, target), "left out: spec.objectives[0]: there is no SLI x"},
		{"no indicator", slo1(rolling30, target), "it has neither indicator nor indicatorRef"},
		{"a query that tells nothing", slo1("indicator: {metadata: {name: i}, spec: {ratioMetric: {counter: true, good: {metricSource: {spec: {query: up}}}}}}", rolling30, target), "nothing tells which indicator SLI i is"},
		{"a threshold of no known unit", slo1("indicator: {metadata: {name: i, annotations: {sloe.dev/indicator: http_latency}}, spec: {thresholdMetric: {metricSource: {spec: {query: x}}}}}", rolling30, "objectives: [{target: 0.9, op: lte, value: 3}]"), "the unit of value is not known"},
		{"at least", slo1("indicator: {metadata: {name: i}, spec: {thresholdMetric: {metricSource: {spec: {query: http_server_request_duration_seconds}}}}}", rolling30, "objectives: [{target: 0.9, op: gte, value: 3}]"), "a threshold of durations has the op lte, not gte"},
		{"less than", slo1("indicator: {metadata: {name: i}, spec: {thresholdMetric: {metricSource: {spec: {query: http_server_request_duration_seconds}}}}}", rolling30, "objectives: [{target: 0.9, op: lt, value: 3}]"), "op is lt; here the threshold itself is good"},
		{"a policy of nobody", slo1(known, rolling30, target, "alertPolicies: [x]"), "there is no AlertPolicy x"},
		{"a condition of one's own", slo1(known, rolling30, target, "alertPolicies: [{kind: AlertPolicy, metadata: {name: p}, spec: {conditions: [{kind: AlertCondition, metadata: {name: c}, spec: {severity: page, condition: {kind: burnrate, op: gt, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}}}]}}]"), "burnrate gt 2 over 1h: the burn rates of the extension's alert profile hold instead"},
		{"an SLI of nobody", "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: a}\nspec: {}", "f:1: SLI a: left out: no SLO refers to it"},
		{"a source", "apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: a}\nspec: {type: Prometheus}", "Sloe counts the events itself"},
		{"a target of alerts", "apiVersion: openslo/v1\nkind: AlertNotificationTarget\nmetadata: {name: a}\nspec: {target: slack}", "alerts go to the Alertmanagers"},
		{"a service's words", "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a, displayName: b}\nspec: {description: c}", "left out: metadata.displayName has no place"},
		{"a tier of nobody", "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a, annotations: {sloe.dev/tier: gold}}\nspec: {}", "changed: the tier gold is none of the built-in ones"},
		{"a name with a digit first", strings.Replace(slo1(known, rolling30, target), "{name: a}", "{name: 9a}", 1), "changed: spec.objectives[0] is named slo-9a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, notes := importText(t, tt.text, Options{})
			assert.Contains(t, strings.Join(notes, "\n"), tt.want)
		})
	}
}

func TestIndicatorsByName(t *testing.T) {
	text := slo1("indicatorRef: paid", rolling30, target) + "\n---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: paid}\nspec: {ratioMetric: {counter: true, good: {metricSource: {type: Datadog, spec: {query: x}}}, total: {}}}"
	c, notes := importText(t, text, Options{Indicators: map[string]string{"paid": "checkout_paid"}})
	assert.Empty(t, notes)
	assert.Equal(t, "checkout_paid", c.Entries()[0].Objectives[0].Indicator)
	c, _ = importText(t, text, Options{Indicators: map[string]string{"a": "http_availability"}})
	assert.Equal(t, "http_availability", c.Entries()[0].Objectives[0].Indicator, "of the SLO itself")
}

func TestMistakesInDocuments(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"an older version", "apiVersion: openslo/v1alpha\nkind: SLO", `f:1: apiVersion must be openslo/v1, not "openslo/v1alpha"`},
		{"another kind", "apiVersion: openslo/v1\nkind: Pod\nmetadata: {name: a}", `kind must be one of [SLO SLI Service`},
		{"no name", "apiVersion: openslo/v1\nkind: SLO", "metadata.name must be given"},
		{"twice", slo1() + "\n---\n" + slo1(), "f:8: SLO a is given again, which f:1 has"},
		{"no mapping", "- a", "f:1: apiVersion must be"},
		{"no YAML", "a: [", "f: yaml: "},
		{"two objectives of one name", slo1(known, rolling30, "objectives: [{target: 0.9, displayName: x}, {target: 0.99, displayName: X}]"), "names a-x again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Import([]slo.Source{{Name: "f", Data: []byte(tt.text)}}, Options{})
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

// Whatever the documents hold, an import ends with a catalogue that can be read,
// or with an error.
func FuzzImport(f *testing.F) {
	team, err := os.ReadFile(filepath.Join("testdata", "team.yaml"))
	require.NoError(f, err)
	f.Add(string(team))
	f.Add(slo1(known, rolling30, target))
	f.Fuzz(func(t *testing.T, text string) {
		out, _, err := Import([]slo.Source{{Name: "f", Data: []byte(text)}}, Options{})
		if err != nil {
			return
		}
		_, err = slo.ParseCatalogue("imported", out)
		require.NoError(t, err)
	})
}

// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// exported is an OpenSLO document as it is written.
type exported struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       any      `yaml:"spec"`
}

type metadata struct {
	Name        string            `yaml:"name"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

type serviceSpec struct {
	Description string `yaml:"description,omitempty"`
}

type sloSpec struct {
	Description     string            `yaml:"description,omitempty"`
	Service         string            `yaml:"service"`
	Indicator       inlineSLI         `yaml:"indicator"`
	TimeWindow      []timeWindow      `yaml:"timeWindow"`
	BudgetingMethod string            `yaml:"budgetingMethod"`
	Objectives      []objectiveTarget `yaml:"objectives"`
}

type inlineSLI struct {
	Metadata metadata `yaml:"metadata"`
	Spec     sliSpec  `yaml:"spec"`
}

type sliSpec struct {
	RatioMetric ratioMetric `yaml:"ratioMetric"`
}

type ratioMetric struct {
	Counter bool   `yaml:"counter"`
	Good    metric `yaml:"good"`
	Total   metric `yaml:"total"`
}

type metric struct {
	MetricSource metricSource `yaml:"metricSource"`
}

type metricSource struct {
	Type string `yaml:"type"`
	Spec struct {
		Query string `yaml:"query"`
	} `yaml:"spec"`
}

type timeWindow struct {
	Duration  string    `yaml:"duration"`
	IsRolling bool      `yaml:"isRolling"`
	Calendar  *calendar `yaml:"calendar,omitempty"`
}

type calendar struct {
	StartTime string `yaml:"startTime"`
	TimeZone  string `yaml:"timeZone"`
}

type objectiveTarget struct {
	Target          decimal `yaml:"target"`
	TimeSliceTarget decimal `yaml:"timeSliceTarget,omitempty"`
	TimeSliceWindow string  `yaml:"timeSliceWindow,omitempty"`
}

// calendars are the windows of a calendar, each with a time at which one began.
var calendars = map[slo.Calendar]timeWindow{
	slo.Week:    {Duration: "1w", Calendar: &calendar{StartTime: "2024-01-01 00:00:00"}}, // a Monday
	slo.Month:   {Duration: "1M", Calendar: &calendar{StartTime: "2024-01-01 00:00:00"}},
	slo.Quarter: {Duration: "1Q", Calendar: &calendar{StartTime: "2024-01-01 00:00:00"}},
}

// Export writes what a catalogue lists as OpenSLO documents: a Service and its
// SLOs for each entry. Objectives that the tier promises are written for the
// given indicators, unless the entry names objectives for them.
func Export(entries []slo.Entry, indicators []string) ([]byte, error) {
	var documents []any
	names := map[string]bool{}
	for _, e := range entries {
		name := unique(names, e.Service.String())
		service, err := exportService(name, e)
		if err != nil {
			return nil, err
		}
		documents = append(documents, service)
		objectives := e.Objectives
		for _, indicator := range indicators {
			if o := e.ObjectivesFor(indicator)[0]; o.Implicit {
				objectives = append(objectives[:len(objectives):len(objectives)], o)
			}
		}
		for _, o := range objectives {
			documents = append(documents, exportSLO(unique(names, name+"-"+o.Name), name, e, o))
		}
	}
	if len(documents) == 0 {
		return nil, nil
	}
	return encode(documents...)
}

func exportSLO(name, service string, e slo.Entry, o slo.Objective) exported {
	annotations := map[string]string{annotationIndicator: o.Indicator, annotationName: o.Name, annotationMinEvents: strconv.FormatUint(o.MinEvents, 10), annotationAlertsOff: strings.Join(o.AlertsOff, ",")}
	for key, text := range o.Annotations {
		annotations[key] = text
	}
	if o.Threshold > 0 && slices.Contains(slo.Indicators(), o.Indicator) {
		annotations[annotationThreshold] = strconv.FormatInt(o.Threshold.Milliseconds(), 10)
	}
	if slo.CanBeFelt(o.Indicator) {
		annotations[annotationLatency] = latency(o.Felt)
	}
	if o.Implicit {
		annotations[annotationImplicit] = "true"
	}
	target := objectiveTarget{Target: decimal(o.Target.String())}
	method := "Occurrences"
	if o.Kind == slo.TimeSlices {
		method, target.TimeSliceTarget, target.TimeSliceWindow = "Timeslices", decimal(o.SliceTarget.String()), "1m"
	}
	return exported{
		APIVersion: APIVersion, Kind: "SLO",
		Metadata: metadata{Name: name, Labels: o.Labels, Annotations: annotations},
		Spec: sloSpec{
			Service: service, BudgetingMethod: method, Objectives: []objectiveTarget{target},
			TimeWindow: []timeWindow{exportWindow(o.Window)},
			Indicator: inlineSLI{
				Metadata: metadata{Name: name},
				Spec:     sliSpec{RatioMetric: ratioMetric{Counter: true, Good: query(e, o, `, sli_outcome="good"`), Total: query(e, o, "")}},
			},
		},
	}
}

// latency is the catalogue's key of that name.
func latency(felt bool) string {
	if felt {
		return "felt"
	}
	return "handler"
}

func exportWindow(w slo.Window) timeWindow {
	if w.Calendar == slo.Rolling {
		return timeWindow{Duration: w.String(), IsRolling: true}
	}
	out := calendars[w.Calendar]
	zone := "UTC"
	if w.Zone != nil {
		zone = w.Zone.String()
	}
	out.Calendar = &calendar{StartTime: out.Calendar.StartTime, TimeZone: zone}
	return out
}

// query selects the counts of an objective in a Prometheus that takes sli.events.
func query(e slo.Entry, o slo.Objective, more string) metric {
	matchers := fmt.Sprintf("service_name=%q, sli_name=%q%s", e.Service.Name, e.Series(o), more)
	if e.Service.Namespace != "" {
		matchers += fmt.Sprintf(", service_namespace=%q", e.Service.Namespace)
	}
	if e.Service.Environment != "" {
		matchers += fmt.Sprintf(", deployment_environment_name=%q", e.Service.Environment)
	}
	m := metric{MetricSource: metricSource{Type: "Prometheus"}}
	m.MetricSource.Spec.Query = "sum(sli_events_total{" + matchers + "})"
	return m
}

var notInDNS = regexp.MustCompile(`[^a-z0-9]+`)

// unique makes a name that OpenSLO accepts, a DNS label, and that no other
// document has.
func unique(names map[string]bool, name string) string {
	name = strings.Trim(notInDNS.ReplaceAllString(strings.ToLower(name), "-"), "-")
	const room = longestName - len("-9999")
	if len(name) > room {
		name = strings.TrimRight(name[:room], "-")
	}
	if name == "" {
		name = "service"
	}
	out := name
	for i := 2; names[out]; i++ {
		out = name + "-" + strconv.Itoa(i)
	}
	names[out] = true
	return out
}

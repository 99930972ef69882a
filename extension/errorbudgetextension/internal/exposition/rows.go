// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"slices"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// serviceRow is a service with its labels.
type serviceRow struct {
	*assess.Assessment
	labels []byte
}

// objectiveRow is an objective with its labels, native and Sloth's, and what is
// asked of the ledger but once.
type objectiveRow struct {
	assess.Objective
	labels   []byte
	sloth    []byte
	forecast assess.Forecast
	burns    []assess.Burn
}

type rows struct {
	services   []serviceRow
	objectives []objectiveRow
}

// gather takes what there is to show, in the order of names.
func gather(assessor *assess.Assessor) rows {
	all := assessor.Each(assess.Query{})
	slices.SortFunc(all, func(a, b assess.Assessment) int { return budget.CompareServices(a.Service, b.Service) })
	var out rows
	names := distinct[slo.Service]{}
	for i := range all {
		a := &all[i]
		s := slo.Service{Namespace: clean(a.Service.Namespace), Name: clean(a.Service.Name), Environment: clean(a.Service.Environment)}
		if !names.take(s) {
			continue // names that differ only in bytes that Prometheus cannot hold: the first is shown
		}
		labels := appendLabel(nil, "deployment_environment_name", s.Environment)
		labels = appendLabel(labels, "service_name", s.Name)
		labels = appendLabel(labels, "service_namespace", s.Namespace)
		out.services = append(out.services, serviceRow{a, labels})
		promises := distinct[[2]string]{}
		for _, o := range a.SLOs {
			sli, name := clean(o.Promise.Indicator), clean(o.Promise.Name)
			if o.Unread || !promises.take([2]string{sli, name}) {
				continue // nothing is known of it now, or another is shown under its name
			}
			row := objectiveRow{Objective: o, forecast: a.Forecast(o), burns: assessor.Burns(*a, o)}
			row.labels = appendLabel(appendLabel(slices.Clip(labels), "sli_name", sli), "slo", name)
			row.sloth = slothLabels(s.String(), name)
			out.objectives = append(out.objectives, row)
		}
	}
	return out
}

// distinct are names as they are shown.
type distinct[T comparable] map[T]struct{}

// take tells whether nothing was shown under the name before.
func (d distinct[T]) take(name T) bool {
	_, known := d[name]
	d[name] = struct{}{}
	return !known
}

// clean makes a label value what Prometheus takes.
func clean(value string) string { return strings.ToValidUTF8(value, "�") }

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

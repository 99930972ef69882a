// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
)

// NewHandler returns the handler of /metrics. With sloth, the series that Sloth
// records are there as well, as dashboards for Sloth read them.
func NewHandler(assessor *assess.Assessor, sloth bool) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&collector{assessor: assessor, sloth: sloth})
	// Names that differ only in bytes that Prometheus cannot hold collide: the rest is shown all the same.
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// collector asks the assessor at each scrape; it keeps nothing.
type collector struct {
	assessor *assess.Assessor
	sloth    bool
}

func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range descriptions() {
		descs <- d
	}
	if c.sloth {
		for _, d := range slothDescriptions() {
			descs <- d
		}
	}
}

func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	all := c.assessor.Each(assess.Query{})
	emit := func(d *prometheus.Desc, v float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, clean(labels)...)
	}
	emit(durableThrough, seconds(c.assessor.Ledger().DurableThrough()))
	for _, a := range all {
		service(emit, a)
		for _, o := range a.SLOs {
			if o.Unread {
				continue // nothing is known of it now
			}
			objective(emit, c.assessor, a, o)
			if c.sloth {
				slothObjective(emit, c.assessor, a, o)
			}
		}
	}
}

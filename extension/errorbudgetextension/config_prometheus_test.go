// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promsource"
)

func TestPrometheusDefaults(t *testing.T) {
	cfg, err := loadConfig(t, "")
	require.NoError(t, err)
	assert.Equal(t, "connector", cfg.Source)
	p := cfg.Prometheus
	assert.False(t, p.configured())
	assert.Equal(t, "sli_events_total{}", p.selector(p.Metric))
	assert.Equal(t, "sloe_exchanges_open{}", p.selector(p.OpenMetric))
	assert.Equal(t, promsource.Labels{
		Service: "service_name", Namespace: "service_namespace", Environment: "deployment_environment_name",
		SLI: "sli_name", Outcome: "sli_outcome", Writer: []string{"service_instance_id", "exported_instance", "instance"},
	}, p.labels())
	assert.Equal(t, []time.Duration{15 * time.Second, time.Minute, 2 * time.Minute, 0, 30 * time.Second},
		[]time.Duration{p.Interval, p.Overlap, p.MaxGap, p.Backfill, p.Client.Timeout})
	assert.Equal(t, "uncertain", p.NewSeries)
	assert.Equal(t, 200_000, p.MaxSeries)
	assert.EqualValues(t, 64<<20, p.MaxAnswerBytes)
}

func TestPrometheusAllKeys(t *testing.T) {
	cfg, err := loadConfig(t, "prometheus")
	require.NoError(t, err)
	assert.Equal(t, "prometheus", cfg.Source)
	p := cfg.Prometheus
	assert.Equal(t, "https://mimir.example/prometheus", p.Client.Endpoint)
	tenant, _ := p.Client.Headers.Get("X-Scope-OrgID")
	assert.Equal(t, "shop", string(tenant))
	assert.Equal(t, "/etc/ssl/mimir.pem", p.Client.TLS.CAFile)
	assert.True(t, p.Client.Auth.HasValue())
	assert.Equal(t, `slo_events_total{cluster="eu",job=~"sloe-.*",path!="a \"quoted\" one",zone!~"x|y"}`, p.selector(p.Metric))
	assert.Empty(t, p.OpenMetric)
	assert.Equal(t, []string{p.selector("slo_events_total"), p.selector("slo_unjudged_total")}, p.selectors())
	p.UncertainMetric = ""
	assert.Equal(t, []string{p.selector("slo_events_total")}, p.selectors())
	assert.Equal(t, promsource.Labels{Service: "svc", Namespace: "ns", Environment: "env", SLI: "ind", Outcome: "out", Writer: []string{"replica"}}, p.labels())
	assert.Equal(t, []time.Duration{30 * time.Second, 5 * time.Minute, 10 * time.Minute, 720 * time.Hour, 10 * time.Second},
		[]time.Duration{p.Interval, p.Overlap, p.MaxGap, p.Backfill, p.Client.Timeout})
	assert.Equal(t, "from_zero", p.NewSeries)
	assert.Equal(t, 1000, p.MaxSeries)
	assert.EqualValues(t, 2<<20, p.MaxAnswerBytes)

	cfg, err = loadConfig(t, "backfill")
	require.NoError(t, err)
	assert.Equal(t, "connector", cfg.Source)
	assert.True(t, cfg.Prometheus.configured())
}

func TestPrometheusErrors(t *testing.T) {
	for name, want := range map[string]string{
		"source":      "`source` must be connector or prometheus, not \"mimir\"",
		"no_endpoint": "`prometheus::endpoint` must be set for `source: prometheus`",
		"no_effect":   "`prometheus::backfill` must be set for `prometheus` to have an effect with `source: connector`",
		"endpoint":    "`prometheus::endpoint` must be a URL without a query",
		"query":       "`prometheus::endpoint` must be a URL without a query",
		"timeout":     "`prometheus::timeout` must be greater than 0",
		"metric":      "`prometheus::metric` must be the name of a metric, such as sli_events_total, not \"sli.events\"",
		"uncertain":   "`prometheus::uncertain_metric` must be the name of a metric other than `prometheus::metric`, such as sli_uncertain_total, or empty, not \"a.b\"",
		"same_metric": "`prometheus::uncertain_metric` must be the name of a metric other than `prometheus::metric`, such as sli_uncertain_total, or empty, not \"sli_events_total\"",
		"open_metric": "`prometheus::open_metric` must be the name of a metric",
		"matcher":     "`prometheus::matchers[1]` must be a matcher of a label in double quotes",
		"injection":   "`prometheus::matchers[0]` must be a matcher of a label in double quotes",
		"regexp":      "`prometheus::matchers[0]` must have a valid regular expression",
		"label":       "`prometheus::labels::sli` must be the name of a label, such as service_name, not \"sli.name\"",
		"writer":      "`prometheus::labels::writer[1]` must be the name of a label",
		"interval":    "`prometheus::interval` must be from 1s to 5m0s, not 1ms",
		"overlap":     "`prometheus::overlap` must be from 0s to 30m0s, not 1h0m0s",
		"gap":         "`prometheus::max_gap` must be from 15s to 1h0m0s, not 1s",
		"new_series":  "`prometheus::new_series` must be uncertain or from_zero, not \"good\"",
		"backfill":    "`prometheus::backfill` must be from 1h0m0s to 2209h0m0s, not 2400h0m0s",
		"seconds":     "`prometheus::backfill` must be whole minutes, not 1h0m1s",
		"series":      "`prometheus::max_series` must be from 1 to 1000000, not 0",
		"answer":      "`prometheus::max_answer_bytes` must be from 1048576 to 1073741824, not 10",
	} {
		_, err := loadConfig(t, "prom_"+name)
		assert.ErrorContains(t, err, want, name)
	}
}

// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promsource"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Sources of the counts.
const (
	sourceConnector  = "connector"
	sourcePrometheus = "prometheus"
)

// Values of new_series.
const (
	seriesUncertain = "uncertain"
	seriesFromZero  = "from_zero"
)

// PrometheusConfig is a Prometheus, or what has its HTTP API, that counts are read
// from.
type PrometheusConfig struct {
	// Client is where it is and how it is asked: TLS, authentication and headers
	// included. The endpoint may have a path.
	Client confighttp.ClientConfig `mapstructure:",squash"`
	// Metric is the counter of good and bad events.
	Metric string `mapstructure:"metric"`
	// UncertainMetric is the counter of events that could not be judged. Empty, none
	// is read.
	UncertainMetric string `mapstructure:"uncertain_metric"`
	// Matchers select among its series.
	Matchers []string `mapstructure:"matchers"`
	// OpenMetric is the gauge of unanswered requests. Empty, none is read.
	OpenMetric string `mapstructure:"open_metric"`
	// Labels say what a series counts.
	Labels PrometheusLabels `mapstructure:"labels"`
	// Interval is how often new samples are asked for.
	Interval time.Duration `mapstructure:"interval"`
	// Overlap is how late a sample may arrive and still be seen at once.
	Overlap time.Duration `mapstructure:"overlap"`
	// MaxGap is how far apart two samples of a series may be for the time between to
	// be measured.
	MaxGap time.Duration `mapstructure:"max_gap"`
	// NewSeries says what the first sample of a series that appears is worth.
	NewSeries string `mapstructure:"new_series"`
	// Backfill is how much of the past a new store begins with.
	Backfill time.Duration `mapstructure:"backfill"`
	// MaxSeries bounds the series that are followed.
	MaxSeries int `mapstructure:"max_series"`
	// MaxAnswerBytes bounds one answer.
	MaxAnswerBytes int64 `mapstructure:"max_answer_bytes"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// PrometheusLabels are names of labels.
type PrometheusLabels struct {
	Service     string `mapstructure:"service"`
	Namespace   string `mapstructure:"namespace"`
	Environment string `mapstructure:"environment"`
	SLI         string `mapstructure:"sli"`
	Outcome     string `mapstructure:"outcome"`
	// Writer are those that may say which collector counted.
	Writer []string `mapstructure:"writer"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Bounds of what is read.
const (
	minReadInterval = time.Second
	maxReadInterval = 5 * time.Minute
	maxOverlap      = 30 * time.Minute
	minMaxGap       = 15 * time.Second
	maxMaxGap       = time.Hour
	minBackfill     = time.Hour
	// maxFollowed bounds the memory: a series takes about 150 bytes, and 25 in each
	// cursor.
	maxFollowed    = 1_000_000
	minAnswerBytes = 1 << 20
	maxAnswerBytes = 1 << 30
)

func defaultPrometheus() PrometheusConfig {
	client := confighttp.NewDefaultClientConfig()
	client.Timeout = 30 * time.Second
	return PrometheusConfig{
		Client:          client,
		Metric:          "sli_events_total",
		UncertainMetric: "sli_uncertain_total",
		OpenMetric:      "sloe_exchanges_open",
		Labels: PrometheusLabels{
			Service: "service_name", Namespace: "service_namespace", Environment: "deployment_environment_name",
			SLI: "sli_name", Outcome: "sli_outcome",
			Writer: []string{"service_instance_id", "exported_instance", "instance"},
		},
		Interval: 15 * time.Second, Overlap: time.Minute, MaxGap: 2 * time.Minute,
		NewSeries: seriesUncertain,
		MaxSeries: 200_000, MaxAnswerBytes: 64 << 20,
	}
}

// configured tells whether there is a Prometheus.
func (c *PrometheusConfig) configured() bool { return c.Client.Endpoint != "" }

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	matcher    = regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\[\\"abfnrtv])*)"\s*$`)
)

// validateSource returns what is wrong with the source and the Prometheus, each at
// its key.
func (c *Config) validateSource() error {
	p := &c.Prometheus
	switch {
	case c.Source != sourceConnector && c.Source != sourcePrometheus:
		return fmt.Errorf("`source` must be %s or %s, not %q", sourceConnector, sourcePrometheus, c.Source)
	case c.Source == sourcePrometheus && !p.configured():
		return errors.New("`prometheus::endpoint` must be set for `source: prometheus`, such as http://prometheus:9090")
	case !p.configured():
		return nil
	case c.Source == sourceConnector && p.Backfill == 0:
		return errors.New("`prometheus::backfill` must be set for `prometheus` to have an effect with `source: connector`")
	}
	return p.validate()
}

func (c *PrometheusConfig) validate() error {
	var errs error
	fail := func(format string, args ...any) { errs = errors.Join(errs, fmt.Errorf(format, args...)) }
	if u, err := url.Parse(c.Client.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		fail("`prometheus::endpoint` must be a URL without a query, such as http://prometheus:9090 or https://mimir.example/prometheus, not %q", c.Client.Endpoint)
	}
	if c.Client.Timeout <= 0 {
		fail("`prometheus::timeout` must be greater than 0, such as 30s, not %s", c.Client.Timeout)
	}
	if !metricName.MatchString(c.Metric) {
		fail("`prometheus::metric` must be the name of a metric, such as sli_events_total, not %q", c.Metric)
	}
	if c.UncertainMetric != "" && (!metricName.MatchString(c.UncertainMetric) || c.UncertainMetric == c.Metric) {
		fail("`prometheus::uncertain_metric` must be the name of a metric other than `prometheus::metric`, such as sli_uncertain_total, or empty, not %q", c.UncertainMetric)
	}
	if c.OpenMetric != "" && !metricName.MatchString(c.OpenMetric) {
		fail("`prometheus::open_metric` must be the name of a metric, such as sloe_exchanges_open, or empty, not %q", c.OpenMetric)
	}
	for i, m := range c.Matchers {
		parts := matcher.FindStringSubmatch(m)
		if parts == nil {
			fail("`prometheus::matchers[%d]` must be a matcher of a label in double quotes, such as cluster=\"eu\", not %q", i, m)
			continue
		}
		if strings.HasSuffix(parts[2], "~") {
			if _, err := regexp.Compile(parts[3]); err != nil {
				fail("`prometheus::matchers[%d]` must have a valid regular expression: %w", i, err)
			}
		}
	}
	errs = errors.Join(errs, c.Labels.validate(),
		within("prometheus::interval", c.Interval, minReadInterval, maxReadInterval),
		within("prometheus::overlap", c.Overlap, 0, maxOverlap),
		within("prometheus::max_gap", c.MaxGap, minMaxGap, maxMaxGap))
	if c.Backfill != 0 {
		errs = errors.Join(errs, wholeMinutes("prometheus::backfill", c.Backfill, minBackfill, slo.MaxWindow))
	}
	if c.NewSeries != seriesUncertain && c.NewSeries != seriesFromZero {
		fail("`prometheus::new_series` must be %s or %s, not %q", seriesUncertain, seriesFromZero, c.NewSeries)
	}
	if c.MaxSeries < 1 || c.MaxSeries > maxFollowed {
		fail("`prometheus::max_series` must be from 1 to %d, not %d", maxFollowed, c.MaxSeries)
	}
	if c.MaxAnswerBytes < minAnswerBytes || c.MaxAnswerBytes > maxAnswerBytes {
		fail("`prometheus::max_answer_bytes` must be from %d to %d, not %d", minAnswerBytes, maxAnswerBytes, c.MaxAnswerBytes)
	}
	return errs
}

func (l *PrometheusLabels) validate() error {
	var errs error
	check := func(key, name string) {
		if !labelName.MatchString(name) {
			errs = errors.Join(errs, fmt.Errorf("`prometheus::labels::%s` must be the name of a label, such as service_name, not %q", key, name))
		}
	}
	check("service", l.Service)
	check("namespace", l.Namespace)
	check("environment", l.Environment)
	check("sli", l.SLI)
	check("outcome", l.Outcome)
	for i, name := range l.Writer {
		check(fmt.Sprintf("writer[%d]", i), name)
	}
	return errs
}

// selector of the series of a metric, in PromQL.
func (c *PrometheusConfig) selector(metric string) string {
	return metric + "{" + strings.Join(c.Matchers, ",") + "}"
}

// selectors of all counters.
func (c *PrometheusConfig) selectors() []string {
	if c.UncertainMetric == "" {
		return []string{c.selector(c.Metric)}
	}
	return []string{c.selector(c.Metric), c.selector(c.UncertainMetric)}
}

func (c *PrometheusConfig) labels() promsource.Labels {
	l := &c.Labels
	return promsource.Labels{
		Service: l.Service, Namespace: l.Namespace, Environment: l.Environment, SLI: l.SLI, Outcome: l.Outcome, Writer: l.Writer,
	}
}

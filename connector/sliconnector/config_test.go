// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestDefaultConfig(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, cfg.Validate())
	assert.Equal(t, []string{
		slo.HTTPAvailability, slo.HTTPLatency, slo.GRPCAvailability, slo.GRPCLatency, slo.DBAvailability, slo.DBLatency,
	}, cfg.Indicators)
	assert.Equal(t, 15*time.Second, cfg.MetricsFlushInterval)
	assert.Equal(t, 10_000, cfg.MaxServices)
	assert.Nil(t, cfg.ErrorBudget)
	assert.Empty(t, cfg.Catalogue)
	assert.Empty(t, cfg.SLIs)
}

// TestConfigFile reads testdata/config.yaml, which holds every key.
func TestConfigFile(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, conf.Unmarshal(cfg))
	require.NoError(t, cfg.Validate())
	assert.Equal(t, "none", cfg.ErrorBudget.String())
	assert.True(t, cfg.optsOut())
	assert.Equal(t, []string{"/etc/sloe/service_catalog.yaml"}, cfg.Catalogue)
	assert.Equal(t, []string{slo.HTTPAvailability, slo.HTTPLatency}, cfg.Indicators)
	assert.Equal(t, 5*time.Second, cfg.MetricsFlushInterval)
	assert.Equal(t, 500, cfg.MaxServices)
	assert.Equal(t, map[string]SLIConfig{"checkout_paid": {Spans: ConditionsConfig{
		Valid: []string{`span.attributes["http.route"] == "/checkout"`},
		Good:  []string{`span.attributes["checkout.paid"] == true`},
	}}}, cfg.SLIs)
}

func TestValidate(t *testing.T) {
	good := []any{"span.kind == SPAN_KIND_SERVER"}
	slis := func(name string, spans map[string]any) map[string]any {
		return map[string]any{"slis": map[string]any{name: map[string]any{"spans": spans}}}
	}
	tests := []struct {
		what string
		conf map[string]any
		want string // all of the error
	}{
		{"an unknown indicator", map[string]any{"indicators": []any{"http_latency", "http_errors"}}, `indicators[1]: must be one of http_availability, http_latency, grpc_availability, grpc_latency, db_availability, db_latency, not "http_errors"`},
		{"an indicator twice", map[string]any{"indicators": []any{"db_latency", "db_latency"}}, "indicators[1]: db_latency is named twice"},
		{"nothing to count", map[string]any{"indicators": []any{}}, "indicators: must name an indicator, unless slis defines one"},
		{"a catalogue beside an extension", map[string]any{"error_budget": "error_budget/x", "catalogue": "c.yaml"}, "catalogue: must be empty when error_budget names an extension: error_budget/x owns the catalogue"},
		{"a path without a name", map[string]any{"catalogue": []any{"c.yaml", ""}}, "catalogue: must be the path of a file or a directory, or a list of such paths; leave it out for none"},
		{"an interval in nanoseconds", map[string]any{"metrics_flush_interval": 15}, "metrics_flush_interval: must be at least 100ms, not 15ns"},
		{"no services", map[string]any{"max_services": 0}, "max_services: must be from 1 to 1000000, not 0"},
		{"too many services", map[string]any{"max_services": 1_000_001}, "max_services: must be from 1 to 1000000, not 1000001"},
		{"a name in another style", slis("CheckoutPaid", map[string]any{"good": good}), "slis::CheckoutPaid: the name must be lower_snake_case, such as checkout_answers"},
		{"a built-in's name", slis("http_latency", map[string]any{"good": good}), "slis::http_latency: the name is that of a built-in indicator; choose another"},
		{"a name of a further threshold", slis("paid_latency_5ms", map[string]any{"good": good}), "slis::paid_latency_5ms: the name must not end like http_latency_100ms: such are counts by a further threshold"},
		{"nothing is good", slis("paid", map[string]any{"valid": good}), "slis::paid::spans::good: must hold at least one condition"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			require.NoError(t, confmap.NewFromStringMap(tt.conf).Unmarshal(cfg))
			require.EqualError(t, cfg.Validate(), tt.want)
		})
	}
	t.Run("conditions that do not parse are told at their key", func(t *testing.T) {
		for key, spans := range map[string]map[string]any{
			"slis::paid::spans::good[1]: ":  {"good": []any{good[0], "span.kind ="}},
			"slis::paid::spans::valid[0]: ": {"valid": []any{`attributes["x"] == 1`}, "good": good},
		} {
			cfg := createDefaultConfig().(*Config)
			require.NoError(t, confmap.NewFromStringMap(slis("paid", spans)).Unmarshal(cfg))
			require.ErrorContains(t, cfg.Validate(), key)
		}
	})
	t.Run("all errors at once", func(t *testing.T) {
		cfg := &Config{Indicators: []string{"x"}}
		err := cfg.Validate()
		for _, key := range []string{"indicators[0]", "metrics_flush_interval", "max_services"} {
			require.ErrorContains(t, err, key)
		}
	})
	t.Run("an unknown key", func(t *testing.T) {
		require.Error(t, confmap.NewFromStringMap(map[string]any{"flush": 1}).Unmarshal(createDefaultConfig()))
	})
}

// TestRegistry: the names of the registry are those of the contract, and no two
// indicators share a definition.
func TestRegistry(t *testing.T) {
	definitions := map[slo.Definition]string{}
	for _, ind := range indicator.All() {
		for _, threshold := range []time.Duration{time.Millisecond, time.Second} {
			definitions[ind.Definition(slo.Limit{Threshold: threshold})] = ind.Name
		}
	}
	assert.Len(t, definitions, 3+2*3, "latency by threshold, availability without")
}

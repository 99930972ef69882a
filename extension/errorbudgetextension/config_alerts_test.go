// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadatatest"
	"github.com/sloe-dev/sloe/internal/burnrate"
)

func TestAlertsDefaults(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	assert.Equal(t, AlertsConfig{
		Profile: "simple", MinBadEvents: 5, MinBadSlices: 2, UnresponsiveAfter: time.Hour, Heartbeat: true, ResendInterval: time.Minute,
	}, cfg.Alerts)
}

func TestAlertsAllKeys(t *testing.T) {
	cfg, err := loadConfig(t, "alerts")
	require.NoError(t, err)
	a := cfg.Alerts
	assert.Equal(t, "workbook", a.Profile)
	assert.Equal(t, []AlertWindow{{Severity: "page", Long: 30 * time.Minute, Short: 5 * time.Minute, Factor: "14/15", For: 2 * time.Minute}}, a.Windows)
	assert.EqualValues(t, 7, a.MinBadEvents)
	assert.EqualValues(t, 3, a.MinBadSlices)
	assert.Zero(t, a.UnresponsiveAfter)
	assert.False(t, a.Heartbeat)
	assert.Equal(t, 5*time.Minute, a.ResendInterval)
	assert.Equal(t, "https://budgets.example", a.ExternalURL)
	assert.Equal(t, "https://runbooks.example/{service}", a.Runbook)
	assert.Equal(t, map[string]string{"cluster": "eu"}, a.Labels)
	assert.Equal(t, "http://am-0:9093", a.Alertmanagers[0].Endpoint)
	assert.Equal(t, 3*time.Second, a.Alertmanagers[0].Timeout)
	assert.Equal(t, "https://chat.example/hook", a.Webhooks[0].Endpoint)

	pairs, err := a.pairs()
	require.NoError(t, err)
	assert.Equal(t, "14/15", burnrate.FactorText(pairs(0)[0].Factor), "windows come before a profile")
	a.Windows = nil
	pairs, err = a.pairs()
	require.NoError(t, err)
	assert.Equal(t, "14/15", burnrate.FactorText(pairs(28 * 24 * time.Hour)[3].Factor), "the workbook's profile for 28 days")
}

func TestAlertsErrors(t *testing.T) {
	for name, want := range map[string]string{
		"profile":      "`alerts::profile` must be one of 28d, 7d, 90d, google-30d, simple, not \"weekly\", or workbook",
		"severity":     "`alerts::windows[0]::severity` must be given",
		"long":         "`alerts::windows[0]::long` must be from 1m0s to 168h0m0s, not 169h0m0s",
		"short":        "`alerts::windows[0]::short` must be from 1m0s to 1h0m0s, not 2h0m0s",
		"seconds":      "`alerts::windows[0]::short` must be whole minutes, not 1m30s",
		"factor":       "`alerts::windows[0]::factor` must be a decimal such as 14.4 or a fraction such as 14/15",
		"for":          "`alerts::windows[0]::for` must be from 0s to 24h0m0s, not 25h0m0s",
		"unresponsive": "`alerts::unresponsive_after` must be from 1m0s to 168h0m0s, not 169h0m0s",
		"slices":       "`alerts::min_bad_slices` must be from 0 to 10080, the minutes of the longest window, not 10081",
		"resend":       "`alerts::resend_interval` must be from 1m0s to 1h0m0s, not 1s",
		"url":          "`alerts::external_url` must be a URL such as https://budgets.example",
		"label":        "`alerts::labels` must have names of letters, digits and underscores, not \"a-b\"",
		"manager":      "`alerts::alertmanagers[0]::endpoint` must be a URL such as http://alertmanager:9093, not \"am:9093\"",
		"webhook":      "`alerts::webhooks[0]::endpoint` must be a URL",
	} {
		_, err := loadConfig(t, "alert_"+name)
		assert.ErrorContains(t, err, want, name)
	}
}

// What somebody wrote and what can never fire stops the start; a profile's pair
// is left out.
func TestUnreachableWindows(t *testing.T) {
	const catalogue = "services: [{name: shop, slos: [{name: fast, indicator: http_latency, target: 0.9%s}]}]"
	const slices = ", slice_target: 0.5"
	start := func(t *testing.T, off string, windows ...AlertWindow) error {
		cfg := testConfig(t)
		cfg.Catalogue = []string{filepath.Join(t.TempDir(), "catalogue.yaml")}
		write(t, cfg.Catalogue[0], fmt.Sprintf(catalogue, off))
		cfg.Alerts.Windows = windows
		telemetry := componenttest.NewTelemetry()
		e, err := newExtension(metadatatest.NewSettings(telemetry), cfg)
		require.NoError(t, err)
		err = e.Start(context.Background(), componenttest.NewNopHost())
		require.NoError(t, e.Shutdown(context.Background()))
		require.NoError(t, telemetry.Shutdown(context.Background()))
		return err
	}
	ten := AlertWindow{Severity: "page", Long: time.Hour, Short: 5 * time.Minute, Factor: "10"}
	assert.ErrorContains(t, start(t, "", ten), "`alerts::windows[0]::factor` must be less than 1 / (1 - objective)")
	assert.ErrorContains(t, start(t, "", ten), "10 can never be exceeded by fast of shop with its objective of 0.9")
	assert.NoError(t, start(t, ", alerts_off: [page]", ten))
	assert.ErrorContains(t, start(t, slices, ten), "10 can never be exceeded by fast of shop with its objective of 0.9", "of minutes too")
	ten.Factor = "9.99"
	assert.NoError(t, start(t, "", ten))
	assert.NoError(t, start(t, slices, ten))
	assert.NoError(t, start(t, ""), "the profile's factor of 14 is left out")
}

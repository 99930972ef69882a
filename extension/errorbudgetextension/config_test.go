// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadata"
)

func loadConfig(t *testing.T, name string) (*Config, error) {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := all.Sub(component.NewIDWithName(metadata.Type, name).String())
	require.NoError(t, err)
	cfg := createDefaultConfig()
	require.NoError(t, sub.Unmarshal(cfg))
	return cfg.(*Config), confmap.Validate(cfg)
}

func TestConfigDefaults(t *testing.T) {
	cfg, err := loadConfig(t, "")
	require.NoError(t, err)
	assert.Equal(t, "localhost:7560", cfg.HTTP.NetAddr.Endpoint)
	assert.EqualValues(t, 4<<20, cfg.HTTP.MaxRequestBodySize)
	assert.Empty(t, cfg.Catalogue)
	assert.Equal(t, 5*time.Second, cfg.ReloadInterval)
	assert.Equal(t, "/var/lib/otelcol-sloe", cfg.StorageDirectory)
	assert.Equal(t, 500*time.Millisecond, cfg.CommitInterval)
	assert.Equal(t, 3*time.Minute, cfg.StaleAfter)
}

func TestConfigAllKeys(t *testing.T) {
	cfg, err := loadConfig(t, "all")
	require.NoError(t, err)
	assert.Equal(t, "0.0.0.0:8080", cfg.HTTP.NetAddr.Endpoint)
	assert.EqualValues(t, 1024, cfg.HTTP.MaxRequestBodySize)
	assert.Equal(t, []string{"/etc/sloe/catalogue.yaml"}, cfg.Catalogue)
	assert.Equal(t, "/etc/sloe/exclusions.yaml", cfg.Exclusions)
	assert.Equal(t, time.Minute, cfg.ReloadInterval)
	assert.Equal(t, "/data/budgets", cfg.StorageDirectory)
	assert.Equal(t, "/data/audit", cfg.AuditDirectory)
	assert.Equal(t, 250*time.Millisecond, cfg.CommitInterval)
	assert.Equal(t, 10*time.Minute, cfg.StaleAfter)
}

func TestConfigStorageExtension(t *testing.T) {
	cfg, err := loadConfig(t, "storage")
	require.NoError(t, err)
	assert.Equal(t, component.MustNewIDWithName("file_storage", "budgets"), *cfg.Storage)
}

func TestCatalogueOfSeveralFiles(t *testing.T) {
	cfg, err := loadConfig(t, "files")
	require.NoError(t, err)
	assert.Equal(t, []string{"/etc/sloe/tiers.yaml", "/etc/sloe/services.d"}, cfg.Catalogue)
}

func TestConfigErrors(t *testing.T) {
	for name, want := range map[string]string{
		"no_endpoint":      "`http::endpoint` must be an address to listen on, such as localhost:7560",
		"negative_body":    "`http::max_request_body_size` must be 0 (20 MiB) or more bytes",
		"nameless_file":    "`catalogue` must be the path of a file or a directory, or a list of such paths",
		"no_storage":       "`storage_directory` must be a directory that the collector may write to",
		"rare_reload":      "`reload_interval` must be from 100ms to 1h0m0s, not 2h0m0s",
		"slow_commit":      "`commit_interval` must be from 10ms to 1s, not 2s",
		"hasty_commit":     "`commit_interval` must be from 10ms to 1s, not 1ms",
		"hasty_stale":      "`stale_after` must be from 1m0s to 24h0m0s, not 30s",
		"several_at_once":  "`reload_interval`",
		"several_at_once/": "`stale_after`",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadConfig(t, filepath.Clean(name))
			assert.ErrorContains(t, err, want)
		})
	}
}

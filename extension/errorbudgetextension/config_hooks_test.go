// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/admission"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadatatest"
)

func TestConfigHooks(t *testing.T) {
	cfg, err := loadConfig(t, "")
	require.NoError(t, err)
	assert.Equal(t, admission.DefaultKeys(), cfg.Kubernetes.keys())
	assert.Equal(t, "canary", cfg.GitHub.Strategy)
	assert.Empty(t, cfg.GitHub.APIURL)
	assert.False(t, cfg.SlothMetrics)

	cfg, err = loadConfig(t, "hooks")
	require.NoError(t, err)
	assert.Equal(t, admission.Keys{Service: []string{"a"}, Namespace: []string{"b"}, Environment: []string{"c"}}, cfg.Kubernetes.keys())
	assert.Equal(t, "s3cret", string(cfg.GitHub.WebhookSecret))
	assert.Equal(t, "https://api.github.com", cfg.GitHub.APIURL)
	assert.Equal(t, "12345", cfg.GitHub.AppID)
	assert.Equal(t, "/etc/sloe/app.pem", cfg.GitHub.PrivateKeyFile)
	assert.Equal(t, "full", cfg.GitHub.Strategy)
	assert.Equal(t, map[string]string{"retail/checkout": "payment-api"}, cfg.GitHub.Services)
	assert.True(t, cfg.SlothMetrics)
}

func TestConfigHooksErrors(t *testing.T) {
	for name, want := range map[string]string{
		"hooks_no_keys":       "kubernetes: `service_keys` must list at least one annotation or label",
		"hooks_empty_key":     "kubernetes: `environment_keys[1]` must be the name of an annotation or label, not empty",
		"hooks_strategy":      "github: `strategy` must be canary or full, not \"half\"",
		"hooks_no_secret":     "github: `webhook_secret` must be set",
		"hooks_no_key_file":   "github: `app_id` and `private_key_file` must be set together",
		"hooks_no_api":        "github: `api_url` must be set for GitHub to be called",
		"hooks_bad_api":       "github: `api_url` must be an http or https URL",
		"hooks_no_credential": "github: `token`, or `app_id` and `private_key_file`, must be set with `api_url`",
		"hooks_both":          "and not both",
	} {
		_, err := loadConfig(t, name)
		assert.ErrorContains(t, err, want, name)
	}
}

// The key is read at the start, and a bad one stops it.
func TestGitHubKeyAtStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.pem")
	cfg := testConfig(t)
	cfg.GitHub.WebhookSecret, cfg.GitHub.APIURL, cfg.GitHub.AppID, cfg.GitHub.PrivateKeyFile = "s", "https://api.github.com", "1", file
	start := func() error {
		telemetry := componenttest.NewTelemetry()
		defer func() { require.NoError(t, telemetry.Shutdown(context.Background())) }()
		e, err := NewFactory().Create(context.Background(), metadatatest.NewSettings(telemetry), cfg)
		require.NoError(t, err)
		defer func() { require.NoError(t, e.Shutdown(context.Background())) }()
		return e.Start(context.Background(), componenttest.NewNopHost())
	}
	assert.ErrorContains(t, start(), "`github::private_key_file`: open")
	write(t, file, "no key")
	assert.ErrorContains(t, start(), "`github::private_key_file` must be the App's private key: it is no PEM")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600))
	assert.NoError(t, start())
}

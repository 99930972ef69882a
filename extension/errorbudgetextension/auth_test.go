// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensiontest"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadatatest"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// guardedHost has an extension that asks for a token.
type guardedHost struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h guardedHost) GetExtensions() map[component.ID]component.Component { return h.extensions }

// Every path is behind http::auth, the page too, and only a missing or wrong
// token is 401.
func TestAuthentication(t *testing.T) {
	ctx := context.Background()
	factory := bearertokenauthextension.NewFactory()
	guardConfig := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"token": "right"}).Unmarshal(guardConfig))
	guard, err := factory.Create(ctx, extensiontest.NewNopSettings(factory.Type()), guardConfig)
	require.NoError(t, err)
	require.NoError(t, guard.Start(ctx, componenttest.NewNopHost()))
	defer func() { require.NoError(t, guard.Shutdown(ctx)) }()

	cfg := testConfig(t)
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"http": map[string]any{"endpoint": "localhost:0", "auth": map[string]any{"authenticator": "bearertokenauth"}},
	}).Unmarshal(cfg))
	cfg.GitHub.WebhookSecret = "s"
	telemetry := componenttest.NewTelemetry()
	defer func() { require.NoError(t, telemetry.Shutdown(ctx)) }()
	e, err := newExtension(metadatatest.NewSettings(telemetry), cfg)
	require.NoError(t, err)
	require.NoError(t, e.Start(ctx, guardedHost{componenttest.NewNopHost(), map[component.ID]component.Component{
		component.MustNewID("bearertokenauth"): guard,
	}}))
	defer func() { require.NoError(t, e.Shutdown(ctx)) }()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, path := range []string{"/", "/v1/gate/a", "/v1/check/a", "/v1/budgets", "/v1/budgets/a", "/v1/alerts", "/v1/overrides", "/v1/overrides/x", "/v1/audit", "/metrics", "/v1/openapi.json", "/v1/hooks/kubernetes", "/none"} {
		for token, want := range map[string]bool{"": false, "Bearer wrong": false, "Bearer right": true} {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.server.listener.Addr().String()+path, http.NoBody)
			require.NoError(t, err)
			if token != "" {
				request.Header.Set("Authorization", token)
			}
			response, err := client.Do(request)
			require.NoError(t, err)
			var said budgetapi.Error
			if response.StatusCode == http.StatusUnauthorized {
				require.NoError(t, json.NewDecoder(response.Body).Decode(&said))
				assert.Equal(t, "unauthorized", said.Error.Code)
			}
			require.NoError(t, response.Body.Close())
			assert.Equal(t, want, response.StatusCode != http.StatusUnauthorized, "%s with %q", path, token)
		}
	}

	// GitHub has no token; its deliveries are let in by their signature alone, and
	// no other spelling of the path is.
	for target, want := range map[string]string{
		"/v1/hooks/github":        "X-Hub-Signature-256 is not the signature of the body",
		"/v1/hooks/github/":       "missing or empty authorization header: Authorization",
		"//v1/hooks/github":       "missing or empty authorization header: Authorization",
		"/v1/hooks/../gate/a":     "missing or empty authorization header: Authorization",
		"/v1/hooks/github/../x":   "missing or empty authorization header: Authorization",
		"/v1/hooks/github%2Fgate": "missing or empty authorization header: Authorization",
	} {
		response, err := client.Post("http://"+e.server.listener.Addr().String()+target, "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		var said budgetapi.Error
		require.NoError(t, json.NewDecoder(response.Body).Decode(&said), target)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusUnauthorized, response.StatusCode, target)
		assert.Equal(t, want, said.Error.Message, target)
	}
}

// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/basicauthextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadatatest"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// guardedHost has an extension that asks who is there.
type guardedHost struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h guardedHost) GetExtensions() map[component.ID]component.Component { return h.extensions }

// guarded starts the extension behind an authenticator of the distribution, and
// returns its URL.
func guarded(t *testing.T, factory extension.Factory, config map[string]any) string {
	t.Helper()
	ctx := context.Background()
	guardConfig := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(config).Unmarshal(guardConfig))
	guard, err := factory.Create(ctx, extensiontest.NewNopSettings(factory.Type()), guardConfig)
	require.NoError(t, err)
	require.NoError(t, guard.Start(ctx, componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, guard.Shutdown(ctx)) })

	cfg := testConfig(t)
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"http": map[string]any{"endpoint": "localhost:0", "auth": map[string]any{"authenticator": factory.Type().String()}},
	}).Unmarshal(cfg))
	cfg.GitHub.WebhookSecret = "s"
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(ctx)) })
	e, err := newExtension(metadatatest.NewSettings(telemetry), cfg)
	require.NoError(t, err)
	require.NoError(t, e.Start(ctx, guardedHost{componenttest.NewNopHost(), map[component.ID]component.Component{
		component.NewID(factory.Type()): guard,
	}}))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(ctx)) })
	return "http://" + e.server.listener.Addr().String()
}

// Every request that the document describes is behind http::auth, pages and metrics
// too, whatever its method: a missing or wrong credential is 401, documented as such,
// and nothing else is. GitHub has none to send: its deliveries are let in by their
// signature alone.
func TestAuthentication(t *testing.T) {
	for name, tt := range map[string]struct {
		factory      extension.Factory
		config       map[string]any
		right, wrong string
	}{
		"bearertokenauth": {bearertokenauthextension.NewFactory(), map[string]any{"token": "right"}, "Bearer right", "Bearer wrong"},
		"basicauth": {basicauthextension.NewFactory(), map[string]any{"htpasswd": map[string]any{"inline": "ann:right"}},
			"Basic YW5uOnJpZ2h0", "Basic YW5uOndyb25n"}, // ann:right, ann:wrong
	} {
		t.Run(name, func(t *testing.T) {
			url := guarded(t, tt.factory, tt.config)
			asked := append(operations(t), operation{method: "GET", path: "/none"}, operation{method: "BREW", path: "/v1/overrides"})
			for _, o := range asked {
				if o.method == http.MethodGet {
					asked = append(asked, operation{method: http.MethodHead, path: o.path, statuses: o.statuses})
				}
			}
			for _, o := range asked {
				for _, credential := range []string{"", tt.wrong, "nonsense", tt.right} {
					status, code := send(t, o.method, url+o.target("a"), "{}", map[string]string{"Authorization": credential, "Content-Type": "application/json"})
					if o.path == "/v1/hooks/github" {
						assert.Equal(t, http.StatusUnauthorized, status, "no signature")
						continue
					}
					assert.Equal(t, credential == tt.right, status != http.StatusUnauthorized, "%s %s with %q: %d", o.method, o.path, credential, status)
					if status == http.StatusUnauthorized && o.method != http.MethodHead {
						assert.Equal(t, "unauthorized", code, o.path)
					}
					if o.statuses != nil {
						assert.Contains(t, o.statuses, "401", "%s %s", o.method, o.path)
					}
				}
			}
			// No other spelling of GitHub's path is let past.
			for _, target := range []string{"/v1/hooks/github/", "//v1/hooks/github", "/v1/hooks/../gate/a", "/v1/hooks/github/../x", "/v1/hooks/github%2Fgate"} {
				response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Post(url+target, "application/json", strings.NewReader("{}"))
				require.NoError(t, err)
				var said budgetapi.Error
				require.NoError(t, json.NewDecoder(response.Body).Decode(&said), target)
				require.NoError(t, response.Body.Close())
				assert.Equal(t, http.StatusUnauthorized, response.StatusCode, target)
				assert.NotContains(t, said.Error.Message, "X-Hub-Signature", target)
			}
		})
	}
}

// Where nobody is asked who is there, only this host may change something: a
// request that a proxy passed on is 403, documented as such, and no other is.
func TestForbidden(t *testing.T) {
	d := startDesk(t, testConfig(t))
	changes := 0
	for _, o := range operations(t) {
		status, code := send(t, o.method, "http://"+d.server.listener.Addr().String()+o.target("a"), "{}",
			map[string]string{"Content-Type": "application/json", "X-Forwarded-For": "192.0.2.1"})
		_, documented := o.statuses["403"]
		assert.Equal(t, documented, status == http.StatusForbidden, "%s %s: %d", o.method, o.path, status)
		if documented {
			assert.Equal(t, "forbidden", code)
			changes++
		}
	}
	assert.Positive(t, changes)
}

// send returns the status of an answer, and the code of an error.
func send(t *testing.T, method, url, body string, header map[string]string) (status int, code string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range header {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	var said budgetapi.Error
	if response.StatusCode >= http.StatusBadRequest && method != http.MethodHead && response.Header.Get("Content-Type") == "application/json" {
		require.NoError(t, json.NewDecoder(response.Body).Decode(&said))
	}
	return response.StatusCode, said.Error.Code
}

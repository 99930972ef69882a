// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// playedGitHub is the side of GitHub: it answers in order what it is told to,
// and keeps what came.
type playedGitHub struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []int
	requests []*http.Request
	bodies   []map[string]any
}

func playGitHub(t *testing.T, answers ...int) *playedGitHub {
	g := &playedGitHub{answers: answers}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		g.requests, g.bodies = append(g.requests, r), append(g.bodies, body)
		status := http.StatusNoContent
		if len(g.answers) > 0 {
			status, g.answers = g.answers[0], g.answers[1:]
		}
		if strings.HasSuffix(r.URL.Path, "/access_tokens") && status < 300 {
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"token":"of the installation"}`))
			return
		}
		if status/100 == 3 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *playedGitHub) app(change func(*Settings)) *App {
	set := Settings{Secret: []byte("s"), APIURL: g.URL, Token: "static", Client: g.Client(), Clock: func() time.Time { return noon }}
	if change != nil {
		change(&set)
	}
	return New(set)
}

func (g *playedGitHub) event(callback string) []byte {
	body, _ := json.Marshal(map[string]any{
		"action": "requested", "environment": "production", "deployment_callback_url": callback,
		"repository": map[string]any{"name": "shop", "full_name": "retail/shop"}, "installation": map[string]any{"id": 42},
		"deployment": map[string]any{"payload": map[string]any{"service": "some-healthy-service"}},
	})
	return body
}

const rule = "/repos/retail/shop/actions/runs/7/deployment_protection_rule"

func gate(allow bool, strategy string) func(slo.Service) budgetapi.Gate {
	return func(s slo.Service) budgetapi.Gate {
		return budgetapi.Gate{Service: s.Name, Environment: s.Environment, State: "CANARY", Allow: allow, DecisionID: "id",
			Strategy: budgetapi.Strategy{Type: strategy, MaxWeight: 10},
			Reasons:  []budgetapi.Reason{{Code: "BUDGET_BELOW_NORMAL", SLO: "http_availability", Value: 0.4998, Limit: 0.5}}}
	}
}

func TestCallsBack(t *testing.T) {
	for _, tt := range []struct {
		allow    bool
		strategy string
		fullOnly bool
		want     string
	}{
		{true, "full", false, "approved"}, {true, "full", true, "approved"}, {true, "canary", false, "approved"},
		{true, "canary", true, "rejected"}, {false, "none", false, "rejected"},
	} {
		g := playGitHub(t)
		got, err := g.app(func(s *Settings) { s.FullOnly = tt.fullOnly }).Answer(context.Background(), g.event(g.URL+rule), gate(tt.allow, tt.strategy))
		require.NoError(t, err)
		assert.Equal(t, tt.want, got.State)
		assert.True(t, got.CalledBack)
		assert.Equal(t, "shop", got.Decision.Service, "the deployment's payload does not choose the service")
		require.Len(t, g.requests, 1)
		assert.Equal(t, rule, g.requests[0].URL.Path)
		assert.Equal(t, "Bearer static", g.requests[0].Header.Get("Authorization"))
		assert.Equal(t, map[string]any{"environment_name": "production", "state": tt.want, "comment": got.Comment}, g.bodies[0])
		assert.Contains(t, got.Comment, "BUDGET_BELOW_NORMAL http_availability 49.98 %, limit 50 %")
	}
}

func TestServiceOfARepository(t *testing.T) {
	g := playGitHub(t)
	app := g.app(func(s *Settings) { s.APIURL, s.Services = "", map[string]string{"retail/shop": "checkout"} })
	got, err := app.Answer(context.Background(), g.event("http://never.called"), gate(true, "full"))
	require.NoError(t, err)
	assert.Equal(t, "checkout", got.Decision.Service)
	assert.Equal(t, "production", got.Decision.Environment)
	assert.False(t, got.CalledBack)
	assert.Empty(t, g.requests, "without api_url nobody is called")
}

// A delivery cannot send the token to another place.
func TestCallbackURLIsHeldAgainstTheConfiguration(t *testing.T) {
	g := playGitHub(t)
	for _, callback := range []string{
		"", "http://evil.example" + rule, g.URL + ".evil.example" + rule, g.URL + "@evil.example" + rule, g.URL + "/user/keys",
		g.URL + "/repos/retail/other/actions/runs/7/deployment_protection_rule", g.URL + rule + "?x", g.URL + rule + "/../../x",
		g.URL + "/repos/retail/shop/actions/runs/../deployment_protection_rule", g.URL + "/repos/../shop/actions/runs/7/deployment_protection_rule",
	} {
		_, err := g.app(nil).Answer(context.Background(), g.event(callback), gate(true, "full"))
		assert.ErrorContains(t, err, "deployment_callback_url must be", callback)
	}
	assert.Empty(t, g.requests)
}

func TestTriesAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []int
		calls   int
		fails   bool
	}{
		{"trouble that passes", []int{502, 429, 204}, 3, false},
		{"trouble that stays", []int{500, 500, 500, 204}, 3, true},
		{"a refusal", []int{403, 204}, 1, true},
		{"a redirect is not followed", []int{307, 204}, 1, true},
	} {
		g := playGitHub(t, tt.answers...)
		got, err := g.app(nil).Answer(context.Background(), g.event(g.URL+rule), gate(true, "full"))
		assert.Len(t, g.requests, tt.calls, tt.name)
		assert.Equal(t, !tt.fails, got.CalledBack, tt.name)
		var callback *CallbackError
		assert.Equal(t, tt.fails, errors.As(err, &callback), tt.name)
		assert.Equal(t, "approved", got.State, "the decision stands")
	}
}

// The App proves who it is, gets a token of the installation, and uses that.
func TestAppsToken(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	g := playGitHub(t)
	app := g.app(func(s *Settings) { s.Token, s.AppID, s.Key = "", "12345", key })
	got, err := app.Answer(context.Background(), g.event(g.URL+rule), gate(true, "full"))
	require.NoError(t, err)
	assert.True(t, got.CalledBack)
	require.Len(t, g.requests, 2)
	assert.Equal(t, "/app/installations/42/access_tokens", g.requests[0].URL.Path)
	assert.Equal(t, "Bearer of the installation", g.requests[1].Header.Get("Authorization"))

	parts := strings.Split(strings.TrimPrefix(g.requests[0].Header.Get("Authorization"), "Bearer "), ".")
	require.Len(t, parts, 3)
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.NoError(t, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature))
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	assert.JSONEq(t, fmt.Sprintf(`{"iss":"12345","iat":%d,"exp":%d}`, noon.Unix()-60, noon.Unix()+300), string(claims))

	refusing := playGitHub(t, 401)
	app = refusing.app(func(s *Settings) { s.Token, s.AppID, s.Key = "", "12345", key })
	_, err = app.Answer(context.Background(), refusing.event(refusing.URL+rule), gate(true, "full"))
	assert.ErrorContains(t, err, "get a token of the installation")
	assert.Len(t, refusing.requests, 1)
}

func TestParseKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for _, block := range []*pem.Block{{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}, {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		got, err := ParseKey(pem.EncodeToMemory(block))
		require.NoError(t, err)
		assert.True(t, key.Equal(got))
	}
	for text, want := range map[string]string{"x": "no PEM", "-----BEGIN A-----\nAAAA\n-----END A-----\n": "PKCS #1 or #8"} {
		_, err := ParseKey([]byte(text))
		assert.ErrorContains(t, err, want)
	}
}

// The example of GitHub's documentation of webhooks.
func TestSigned(t *testing.T) {
	const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	assert.True(t, Signed([]byte("It's a Secret to Everybody"), []byte("Hello, World!"), signature))
	assert.False(t, Signed([]byte("It's a Secret to Everybody"), []byte("Hello, World?"), signature))
	assert.False(t, Signed(nil, []byte("Hello, World!"), signature), "an empty secret signs nothing")
}

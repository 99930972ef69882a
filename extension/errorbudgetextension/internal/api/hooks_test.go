// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/admission"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/github"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// sign makes a request one of GitHub's.
func sign(r *http.Request, event, body string) {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(body))
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	r.Header.Set("X-GitHub-Event", event)
}

func review(operation, object, before string) string {
	return fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":%q,"object":%s,"oldObject":%s}}`,
		operation, object, before)
}

func deployment(service, image string) string {
	return fmt.Sprintf(`{"kind":"Deployment","metadata":{"labels":{"app.kubernetes.io/name":%q}},"spec":{"template":{"spec":{"containers":[{"image":%q}]}}}}`,
		service, image)
}

func TestKubernetes(t *testing.T) {
	d := newDesk(t)
	for name, bad := range map[string]uint64{"fine": 0, "half": 30, "frozen": 60} {
		d.count(slo.Service{Name: name, Namespace: "a"}, slo.HTTPAvailability, 10_000-bad, bad)
	}
	for name, want := range map[string]struct {
		allowed bool
		warns   string
		denies  string
	}{
		"fine":    {true, "", ""},
		"half":    {true, "error budget of a/half: CANARY, at most 10 % of traffic: BUDGET_BELOW_NORMAL http_availability 40 %, limit 50 %", ""},
		"frozen":  {false, "", "error budget of a/frozen: FREEZE, no release: BUDGET_BELOW_CANARY http_availability -20 %, limit 20 %"},
		"shop":    {false, "", "error budget of shop: UNKNOWN, no release: NEVER_SEEN"},
		"lenient": {true, "error budget of lenient: UNKNOWN, allowed: NEVER_SEEN", ""},
		"":        {true, "no annotation or label names the service", ""},
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/hooks/kubernetes", strings.NewReader(review("UPDATE", deployment(name, "2"), deployment(name, "1"))))
		got := decode[admission.Review](t, d.post(r, "admission")).Response
		assert.Equal(t, "u-1", got.UID)
		assert.Equal(t, want.allowed, got.Allowed, name)
		assert.Equal(t, want.warns != "", len(got.Warnings) == 1, name)
		if want.warns != "" {
			assert.Contains(t, got.Warnings[0], want.warns)
		}
		assert.Equal(t, want.denies != "", got.Status != nil, name)
		if got.Status != nil {
			assert.Contains(t, got.Status.Message, want.denies)
			assert.Equal(t, d.decisions[len(d.decisions)-1].DecisionID, got.AuditAnnotations["decision-id"])
		}
	}
	assert.Len(t, d.decisions, 5, "each answer for a service is a decision")
}

func post(d http.Handler, event, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, HookGitHub, strings.NewReader(body))
	sign(r, event, body)
	return answer(d, r)
}

func TestGitHubWithoutCallback(t *testing.T) {
	d := newDesk(t)
	d.count(slo.Service{Name: "frozen", Environment: "production"}, slo.HTTPAvailability, 9_940, 60)
	d.count(slo.Service{Name: "half", Environment: "production"}, slo.HTTPAvailability, 9_970, 30)
	for repo, want := range map[string]string{"frozen": "rejected", "half": "approved"} {
		body := fmt.Sprintf(`{"environment":"production","repository":{"name":%q,"full_name":"o/%s"}}`, repo, repo)
		r := httptest.NewRequest(http.MethodPost, HookGitHub, strings.NewReader(body))
		sign(r, github.EventRule, body)
		got := decode[budgetapi.GitHubAnswer](t, d.post(r, "github"))
		assert.Equal(t, want, got.State)
		assert.Equal(t, "production", got.EnvironmentName)
		assert.Contains(t, got.Comment, got.Decision.DecisionID)
		assert.False(t, got.CalledBack)
	}
}

func TestGitHubIsNotConfigured(t *testing.T) {
	h := NewHandler(Settings{Page: http.NotFoundHandler(), Metrics: http.NotFoundHandler()})
	w := post(h, github.EventRule, "{}")
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Equal(t, "not_found", decode[budgetapi.Error](t, w).Error.Code)
}

// A delivery whose signature is not right is never read, whatever it holds.
func TestGitHubSignature(t *testing.T) {
	d := newDesk(t)
	for _, signature := range []string{"", "sha256=", "sha256=00", "sha1=00", "sha256=" + strings.Repeat("0", 64), "sha256=zz"} {
		r := httptest.NewRequest(http.MethodPost, HookGitHub, strings.NewReader("{"))
		r.Header.Set("X-Hub-Signature-256", signature)
		r.Header.Set("X-GitHub-Event", github.EventRule)
		assert.Equal(t, http.StatusUnauthorized, d.post(r, "error").Code)
	}
	assert.Equal(t, http.StatusBadRequest, post(d, "push", "{}").Code)
	assert.Empty(t, d.decisions)
}

func TestGitHubThatCannotBeTold(t *testing.T) {
	calls := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer api.Close()
	d := newDesk(t)
	assessed := d.assessor
	h := NewHandler(Settings{
		Assessor: assessed, Decided: func(budgetapi.Gate) {}, Page: http.NotFoundHandler(), Metrics: http.NotFoundHandler(),
		GitHub: github.New(github.Settings{Secret: []byte(hookSecret), APIURL: api.URL, Token: "t", Client: api.Client(), Clock: assessed.Clock}),
	})
	body, err := json.Marshal(map[string]any{
		"environment": "production", "deployment_callback_url": api.URL + "/repos/o/fine/actions/runs/7/deployment_protection_rule",
		"repository": map[string]string{"name": "fine", "full_name": "o/fine"},
	})
	require.NoError(t, err)
	w := post(h, github.EventRule, string(body))
	assert.Equal(t, http.StatusBadGateway, w.Code)
	assert.Contains(t, decode[budgetapi.Error](t, w).Error.Message, "GitHub was not told")
	assert.Equal(t, 1, calls, "a refusal is final")
}

// What the router, authentication or a decoder says in plain text is JSON to the
// caller, and answers that are JSON already pass.
func TestJSONErrors(t *testing.T) {
	for status, code := range map[int]string{
		400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
		415: "bad_request", 500: "internal", 502: "bad_gateway",
	} {
		d := newDesk(t)
		d.Handler = JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, " because\xff ", status) }))
		w := d.call(http.MethodGet, "/", "error")
		assert.Equal(t, status, w.Code)
		assert.Equal(t, budgetapi.ErrorDetail{Code: code, Message: "because�"}, decode[budgetapi.Error](t, w).Error)
	}
	silent := answer(JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(413) })), httptest.NewRequest("GET", "/", http.NoBody))
	assert.Equal(t, "Request Entity Too Large", decode[budgetapi.Error](t, silent).Error.Message)
	plain := answer(JSONErrors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("fine")) })), httptest.NewRequest("GET", "/", http.NoBody))
	assert.Equal(t, "fine", plain.Body.String())
}

func TestMetricsThatCannotBeGathered(t *testing.T) {
	h := NewHandler(Settings{Page: http.NotFoundHandler(), Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "An error has occurred while serving metrics", http.StatusInternalServerError)
	})})
	w := answer(h, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	assert.Equal(t, "internal", decode[budgetapi.Error](t, w).Error.Code)
}

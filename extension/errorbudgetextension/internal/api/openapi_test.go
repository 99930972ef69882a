// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

var update = flag.Bool("update", false, "write docs/api/openapi.yaml")

// document is what is read of the OpenAPI document.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string
		Responses   map[string]struct {
			Ref     string                     `json:"$ref"`
			Content map[string]json.RawMessage `json:"content"`
		}
	}
	Components struct {
		Responses map[string]struct{ Content map[string]json.RawMessage }
		Schemas   map[string]any
	}
}

func readDocument(t *testing.T) document {
	t.Helper()
	d := newDesk(t)
	w := answer(d, httptest.NewRequest(http.MethodGet, "/v1/openapi.json", http.NoBody))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var doc document
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	require.Equal(t, "3.1.0", doc.OpenAPI)
	return doc
}

// Every path and method that is routed is documented, and no other.
func TestDocumentHasTheRoutes(t *testing.T) {
	routed := map[string][]string{}
	h := &handler{Settings: Settings{Page: http.NotFoundHandler(), Metrics: http.NotFoundHandler()}}
	for _, r := range h.routes() {
		for _, m := range r.methods {
			if m != http.MethodHead {
				routed[r.path()] = append(routed[r.path()], strings.ToLower(m))
			}
		}
	}
	documented, ids := map[string][]string{}, map[string]bool{}
	for path, methods := range readDocument(t).Paths {
		documented[path] = slices.Sorted(maps.Keys(methods))
		for _, op := range methods {
			assert.False(t, ids[op.OperationID], "operation %s is there twice", op.OperationID)
			ids[op.OperationID] = true
		}
	}
	assert.Equal(t, routed, documented)
}

// The YAML of the documentation is the document that is served.
func TestDocumentIsWrittenDown(t *testing.T) {
	var value any
	require.NoError(t, json.Unmarshal(budgetapi.OpenAPI(), &value))
	var out strings.Builder
	out.WriteString("# Made of internal/budgetapi/openapi and internal/budgetapi/schema by the tests of internal/api with -update.\n")
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	require.NoError(t, encoder.Encode(value))
	file := filepath.Join("..", "..", "..", "..", "docs", "api", "openapi.yaml")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(out.String()), 0o644))
	}
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, out.String(), string(written), "run the tests of internal/api with -update")
}

// The schemas of the document mean what those of internal/budgetapi mean: every
// reference leads somewhere.
func TestDocumentsSchemasCompile(t *testing.T) {
	var value any
	require.NoError(t, json.Unmarshal(budgetapi.OpenAPI(), &value))
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("https://sloe.dev/openapi.json", value))
	for name := range readDocument(t).Components.Schemas {
		_, err := compiler.Compile("https://sloe.dev/openapi.json#/components/schemas/" + name)
		assert.NoError(t, err, name)
	}
}

// Every documented status of every operation is one that the handlers give, but
// for those of authentication, which the extension's tests show; and no request
// of the table gets another.
func TestDocumentedStatuses(t *testing.T) {
	d := newDesk(t)
	d.count(slo.Service{Name: "frozen"}, slo.HTTPAvailability, 0, 1)
	d.count(slo.Service{Name: "fine"}, slo.HTTPAvailability, 1, 0)
	large := strings.Repeat("x", maxHookBody+1)
	event := `{"environment":"production","repository":{"name":"fine","full_name":"o/fine"}}`
	seen := map[string]map[string]bool{}
	doc := readDocument(t)
	for _, tt := range []struct {
		path, method, target, body string
		sign                       string // the event, of a signed request
		status                     int
	}{
		{"/", "GET", "/", "", "", 200},
		{"/services/{service}", "GET", "/services/fine", "", "", 200},
		{"/services/{service}", "GET", "/services/nobody", "", "", 404},
		{"/metrics", "GET", "/metrics", "", "", 200},
		{"/v1/openapi.json", "GET", "/v1/openapi.json", "", "", 200},
		{"/v1/gate/{service}", "GET", "/v1/gate/fine", "", "", 200},
		{"/v1/gate/{service}", "GET", "/v1/gate/fine?nope=1", "", "", 400},
		{"/v1/gate/{service}", "GET", "/v1/gate/fine?change=hotfix", "", "", 400},
		{"/v1/check/{service}", "GET", "/v1/check/fine?change=fix", "", "", 200},
		{"/v1/check/{service}", "GET", "/v1/check/fine?strategy=", "", "", 400},
		{"/v1/check/{service}", "GET", "/v1/check/frozen", "", "", 423},
		{"/v1/check/{service}", "GET", "/v1/check/shop", "", "", 503},
		{"/v1/check/{service}", "POST", "/v1/check/fine", `{"name":"x","metadata":{}}`, "", 200},
		{"/v1/check/{service}", "POST", "/v1/check/fine", `[]`, "", 400},
		{"/v1/check/{service}", "POST", "/v1/check/fine", large, "", 413},
		{"/v1/check/{service}", "POST", "/v1/check/frozen", "", "", 423},
		{"/v1/check/{service}", "POST", "/v1/check/shop", "", "", 503},
		{"/v1/budgets", "GET", "/v1/budgets", "", "", 200},
		{"/v1/budgets", "GET", "/v1/budgets?x", "", "", 400},
		{"/v1/budgets/{service}", "GET", "/v1/budgets/fine", "", "", 200},
		{"/v1/budgets/{service}", "GET", "/v1/budgets/fine?x", "", "", 400},
		{"/v1/budgets/{service}", "GET", "/v1/budgets/nobody", "", "", 404},
		{"/v1/alerts", "GET", "/v1/alerts", "", "", 200},
		{"/v1/alerts", "GET", "/v1/alerts?x", "", "", 400},
		{"/v1/rules", "GET", "/v1/rules", "", "", 200},
		{"/v1/rules", "GET", "/v1/rules?profile=x", "", "", 400},
		{"/v1/rules", "GET", "/v1/rules?service=nobody", "", "", 404},
		{"/v1/overrides", "GET", "/v1/overrides", "", "", 200},
		{"/v1/overrides", "GET", "/v1/overrides?x", "", "", 400},
		{"/v1/overrides", "POST", "/v1/overrides", overrideBody, "", 201},
		{"/v1/overrides", "POST", "/v1/overrides", "{}", "", 400},
		{"/v1/overrides", "POST", "/v1/overrides", large, "", 413},
		{"/v1/overrides/{id}", "DELETE", "/v1/overrides/x?actor=bob", "", "", 404},
		{"/v1/overrides/{id}", "DELETE", "/v1/overrides/x?nope", "", "", 400},
		{"/v1/exclusions", "GET", "/v1/exclusions?past=true", "", "", 200},
		{"/v1/exclusions", "GET", "/v1/exclusions?past=maybe", "", "", 400},
		{"/v1/exclusions", "POST", "/v1/exclusions", exclusionBody, "", 201},
		{"/v1/exclusions", "POST", "/v1/exclusions", "{}", "", 400},
		{"/v1/exclusions", "POST", "/v1/exclusions", large, "", 413},
		{"/v1/exclusions/{id}", "DELETE", "/v1/exclusions/x?actor=bob", "", "", 404},
		{"/v1/exclusions/{id}", "DELETE", "/v1/exclusions/x?end_now=", "", "", 400},
		{"/v1/audit", "GET", "/v1/audit?after=0&limit=1", "", "", 200},
		{"/v1/audit", "GET", "/v1/audit?limit=0", "", "", 400},
		{"/v1/hooks/kubernetes", "POST", "/v1/hooks/kubernetes", review("CREATE", deployment("fine", "1"), "null"), "", 200},
		{"/v1/hooks/kubernetes", "POST", "/v1/hooks/kubernetes", "{}", "", 400},
		{"/v1/hooks/kubernetes", "POST", "/v1/hooks/kubernetes", large, "", 413},
		{"/v1/hooks/github", "POST", "/v1/hooks/github", event, "deployment_protection_rule", 200},
		{"/v1/hooks/github", "POST", "/v1/hooks/github", "{}", "ping", 204},
		{"/v1/hooks/github", "POST", "/v1/hooks/github", "{}", "deployment_protection_rule", 400},
		{"/v1/hooks/github", "POST", "/v1/hooks/github", event, "", 401},
		{"/v1/hooks/github", "POST", "/v1/hooks/github", large, "", 413},
	} {
		r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		if tt.sign != "" {
			sign(r, tt.sign, tt.body)
		}
		w := answer(d, r)
		assert.Equal(t, tt.status, w.Code, "%s %s: %s", tt.method, tt.target, w.Body)
		key := strings.ToLower(tt.method) + " " + tt.path
		if seen[key] == nil {
			seen[key] = map[string]bool{}
		}
		seen[key][strconv.Itoa(w.Code)] = true
		response, documented := doc.Paths[tt.path][strings.ToLower(tt.method)].Responses[strconv.Itoa(w.Code)]
		assert.True(t, documented, "%s answers %d, and the document does not say so", key, w.Code)
		content := response.Content
		if name, ok := strings.CutPrefix(response.Ref, "#/components/responses/"); ok {
			content = doc.Components.Responses[name].Content
		}
		kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		assert.Equal(t, kind != "", len(content) == 1, key)
		if kind != "" {
			assert.Contains(t, content, kind, key)
		}
	}
	elsewhere := map[string][]string{
		"":                           {"400", "401", "403", "405"}, // the extension's TestGarbage, TestAuthentication, TestForbidden and TestWrongMethods
		"post /v1/hooks/github":      {"404", "502"},               // TestGitHubIsNotConfigured, TestGitHubThatCannotBeTold
		"post /v1/overrides":         {"503"},                      // TestOverridesThatCannotBeWritten
		"delete /v1/overrides/{id}":  {"200", "503"},               // TestOverrides, TestOverridesThatCannotBeWritten
		"post /v1/exclusions":        {"503"},                      // TestExclusionsThatCannotBeWritten
		"delete /v1/exclusions/{id}": {"200", "503"},               // TestExclusions, TestExclusionsThatCannotBeWritten
		"get /v1/audit":              {"503"},                      // TestAuditThatCannotBeRead
		"get /metrics":               {"500"},                      // TestMetricsThatCannotBeGathered
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			key := method + " " + path
			for status := range op.Responses {
				known := slices.Contains(elsewhere[""], status) || slices.Contains(elsewhere[key], status)
				assert.True(t, seen[key][status] || known, "the document says that %s answers %s, and nothing makes it", key, status)
			}
		}
	}
}

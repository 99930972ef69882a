// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Whatever is asked of whatever endpoint, the answer is one that the document
// names, an error is JSON, and nothing that was counted is lost. Every request that
// the document describes is a seed.
func FuzzRequests(f *testing.F) {
	described := documented(f)
	for path, methods := range described {
		before, _, _ := strings.Cut(path, "{")
		for method := range methods {
			f.Add(strings.ToUpper(method), before, strings.TrimPrefix(path, before), "", "{}", false)
		}
	}
	f.Add("GET", "/v1/gate/", "shop", "namespace=a", "", false)
	f.Add("POST", "/v1/check/", "%2e%2e%2f", "strategy=full", `{"name":"x"}`, false)
	f.Add("HEAD", "/v1/budgets/", "a\x00b", "environment=%ff&namespace", "", false)
	f.Add("POST", "/v1/hooks/kubernetes", "", "", review("UPDATE", deployment("shop", "1"), deployment("shop", "2")), false)
	f.Add("POST", "/v1/hooks/kubernetes", "", "", review("CREATE", `{"spec":{"jobTemplate":{"spec":{}}}}`, `[]`), false)
	f.Add("POST", "/v1/hooks/github", "", "", `{"environment":"e","repository":{"name":"shop","full_name":"o/shop"}}`, true)
	f.Add("GET", "/metrics", "", "x", "", false)
	f.Add("GET", "/services/", "shop", "", "", false)
	f.Add("POST", "/v1/overrides", "", "", overrideBody, false)
	f.Add("DELETE", "/v1/overrides/", "x", "actor=a", "", false)
	f.Add("POST", "/v1/exclusions", "", "", exclusionBody, false)
	f.Add("DELETE", "/v1/exclusions/", "x", "actor=a&end_now=1", "", false)
	f.Add("GET", "/v1/exclusions", "", "past=true", "", false)
	f.Add("GET", "/v1/audit", "", "after=1&limit=2", "", false)
	f.Add("GET", "/v1/rules", "", "profile=sloth&source=otel&format=mimir&burn=google-30d", "", false)
	f.Add("GET", "/", "", "q=%00", "", false)
	f.Add("PATCH", "/v1/openapi.json", "", "", "x", false)
	routes := http.NewServeMux()
	for path := range described {
		pattern := path
		if path == "/" {
			pattern = "/{$}"
		}
		routes.HandleFunc(pattern, http.NotFound)
	}
	f.Fuzz(func(t *testing.T, method, path, service, query, body string, signed bool) {
		d := newDesk(t)
		d.count(slo.Service{Name: "shop"}, slo.HTTPAvailability, 5, 2)
		r, err := http.NewRequest(method, "http://localhost", strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path+service, "/") {
			return
		}
		r.URL.Path, r.URL.RawQuery = path+service, query
		r.Header.Set("Content-Type", "application/json")
		if signed {
			sign(r, "deployment_protection_rule", body)
		}
		w := answer(d, r)
		if w.Code >= 400 && w.Code != 423 && w.Code != 503 {
			require.Contains(t, []string{"application/json", "text/html; charset=utf-8"}, w.Header().Get("Content-Type"))
		}
		if w.Code != 301 && w.Code != 307 && w.Code != 308 { // to the clean path
			_, pattern := routes.Handler(r)
			require.Contains(t, statusesOf(described, pattern, method), strconv.Itoa(w.Code), "%s %q", method, r.URL.Path)
		}
		require.Less(t, w.Body.Len(), 1<<20+8*len(body)+8*len(query), "an answer is not as large as a caller likes")

		after := answer(d, mustGet(t, "/v1/budgets/shop"))
		assert.Equal(t, http.StatusOK, after.Code)
		kept := after.Body.String()
		if w.Code == http.StatusCreated && strings.Contains(kept, `"excluded":7`) {
			return // an exclusion deletes nothing
		}
		assert.Contains(t, kept, `"good":5`)
		assert.Contains(t, kept, `"bad":2`)
	})
}

// documented returns the statuses of each method of each path of the document.
func documented(f *testing.F) map[string]map[string][]string {
	f.Helper()
	var doc document
	require.NoError(f, json.Unmarshal(budgetapi.OpenAPI(), &doc))
	all := map[string]map[string][]string{}
	for path, methods := range doc.Paths {
		all[path] = map[string][]string{}
		for method, op := range methods {
			all[path][method] = slices.Collect(maps.Keys(op.Responses))
		}
	}
	require.NotEmpty(f, all)
	return all
}

// statusesOf returns what the document says that a request of a route may get.
func statusesOf(described map[string]map[string][]string, pattern, method string) []string {
	if pattern == "" {
		return []string{"404"} // there is no such path
	}
	methods := described[strings.TrimSuffix(pattern, "{$}")]
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for name, statuses := range methods {
		if strings.EqualFold(name, method) && method == strings.ToUpper(method) {
			return statuses
		}
	}
	return []string{"405"}
}

func mustGet(t *testing.T, target string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://localhost"+target, http.NoBody)
	require.NoError(t, err)
	return r
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
)

// route is one endpoint. The document of /v1/openapi.json describes exactly the
// routes that there are; a test compares the two in both directions.
type route struct {
	// pattern is that of http.ServeMux, without a method.
	pattern string
	methods []string
	answer  http.HandlerFunc
}

// path is the pattern as a document names it.
func (r route) path() string { return strings.TrimSuffix(r.pattern, "{$}") }

// HookGitHub is where GitHub delivers its events. Its requests carry a signature
// instead of what http::auth asks for.
const HookGitHub = "/v1/hooks/github"

// routes lists every endpoint.
func (h *handler) routes() []route {
	read := []string{http.MethodGet, http.MethodHead}
	post := []string{http.MethodPost}
	return []route{
		{"/{$}", read, h.Page.ServeHTTP},
		{"/services/{service}", read, h.Page.ServeHTTP},
		{"/metrics", read, h.Metrics.ServeHTTP},
		{"/v1/openapi.json", read, openAPI},
		{"/v1/gate/{service}", read, h.gate},
		{"/v1/check/{service}", append(read, post...), h.check},
		{"/v1/budgets", read, h.budgets},
		{"/v1/budgets/{service}", read, h.serviceBudgets},
		{"/v1/alerts", read, h.alerts},
		{"/v1/rules", read, h.rules},
		{"/v1/overrides", append(read, post...), h.overrides},
		{"/v1/overrides/{id}", []string{http.MethodDelete}, h.clearOverride},
		{"/v1/exclusions", append(read, post...), h.exclusions},
		{"/v1/exclusions/{id}", []string{http.MethodDelete}, h.removeExclusion},
		{"/v1/audit", read, h.audit},
		{"/v1/hooks/kubernetes", post, h.kubernetes},
		{HookGitHub, post, h.github},
	}
}

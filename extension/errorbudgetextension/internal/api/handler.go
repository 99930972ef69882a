// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Settings of the handler.
type Settings struct {
	Assessor *assess.Assessor
	// Decided is told every answer of the gate and of the check.
	Decided func(budgetapi.Gate)
	// Alerts returns those that there are.
	Alerts func() []alert.Alert
	// Page is what a person sees at /.
	Page http.Handler
}

// handler serves the endpoints.
type handler struct {
	Settings
}

// NewHandler returns the handler of all endpoints. Every answer that is an error
// is a budgetapi.Error.
func NewHandler(set Settings) http.Handler {
	h := &handler{Settings: set}
	mux := http.NewServeMux()
	read := []string{http.MethodGet, http.MethodHead}
	mux.Handle("/v1/gate/{service}", only(h.gate, read...))
	mux.Handle("/v1/check/{service}", only(h.check, append(read, http.MethodPost)...))
	mux.Handle("/v1/budgets", only(h.budgets, read...))
	mux.Handle("/v1/budgets/{service}", only(h.serviceBudgets, read...))
	mux.Handle("/v1/alerts", only(h.alerts, read...))
	mux.Handle("/{$}", only(set.Page.ServeHTTP, read...))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "not_found",
			"no such path: there are /, /v1/gate/{service}, /v1/check/{service}, /v1/budgets, /v1/budgets/{service} and /v1/alerts")
	})
	return mux
}

// only refuses methods that an endpoint does not have.
func only(next http.HandlerFunc, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			writeError(w, http.StatusMethodNotAllowed, "method_not_allowed", "allowed are "+strings.Join(methods, ", "))
			return
		}
		next(w, r)
	})
}

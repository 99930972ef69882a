// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/admission"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/github"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/override"
	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Settings of the handler.
type Settings struct {
	Assessor *assess.Assessor
	// Decided is told every decision: of the gate, the check and the hooks.
	Decided func(budgetapi.Gate)
	// Alerts returns those that there are.
	Alerts func() []alert.Alert
	// Overrides are what people decided, and Audit is where it is written.
	Overrides *override.Book
	Audit     Audit
	// Exclusions are what no budget pays for.
	Exclusions Exclusions
	// Guarded tells that http::auth asks who is there. If not, only programs of
	// this host may change something.
	Guarded bool
	// Who returns whom http::auth found, empty if it does not say. It may be nil.
	Who func(*http.Request) string
	// Page is what a person sees at / and at /services/{service}.
	Page http.Handler
	// Metrics answers /metrics.
	Metrics http.Handler
	// Admission says where Kubernetes objects name their service.
	Admission admission.Keys
	// GitHub answers deployment protection rules; nil if it is not configured.
	GitHub *github.App
}

// Audit is what the handler needs of an auditlog.Log.
type Audit interface {
	Read(after uint64, limit int) ([]auditlog.Record, error)
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
	var paths []string
	for _, r := range h.routes() {
		mux.Handle(r.pattern, only(r.answer, r.methods...))
		paths = append(paths, r.path())
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, codeNotFound, "no such path: there are "+strings.Join(paths, ", "))
	})
	return JSONErrors(mux)
}

// only refuses methods that an endpoint does not have.
func only(next http.HandlerFunc, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			writeError(w, http.StatusMethodNotAllowed, codeMethodNotAllowed, "allowed are "+strings.Join(methods, ", "))
			return
		}
		next(w, r)
	})
}

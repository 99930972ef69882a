// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/override"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// overrides answers GET /v1/overrides, and POST by setting one.
func (h *handler) overrides(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		h.setOverride(w, r)
		return
	}
	if _, err := parameters(r); err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	write(w, http.StatusOK, budgetapi.Overrides{AsOf: h.Assessor.Clock().UTC(), Overrides: h.Overrides.InForce()})
}

func (h *handler) setOverride(w http.ResponseWriter, r *http.Request) {
	var request budgetapi.OverrideRequest
	if !h.readChange(w, r, "an override", &request) {
		return
	}
	set, err := h.Overrides.Set(request, h.who(r))
	if err != nil {
		writeOverrideError(w, err)
		return
	}
	write(w, http.StatusCreated, set)
}

// clearOverride answers DELETE /v1/overrides/{id}.
func (h *handler) clearOverride(w http.ResponseWriter, r *http.Request) {
	if !h.mayChange(w, r) {
		return
	}
	values, err := parameters(r, "actor", "reason")
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	cleared, err := h.Overrides.Clear(r.PathValue("id"), values.Get("actor"), values.Get("reason"), h.who(r))
	if err != nil {
		writeOverrideError(w, err)
		return
	}
	write(w, http.StatusOK, cleared)
}

func writeOverrideError(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, override.ErrInvalid):
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
	case errors.Is(err, override.ErrUnknown):
		writeError(w, http.StatusNotFound, codeNotFound, err.Error())
	default:
		writeError(w, http.StatusServiceUnavailable, codeUnavailable, "nothing was changed, as the audit log cannot be written: "+err.Error())
	}
}

func (h *handler) who(r *http.Request) string {
	if h.Who == nil {
		return ""
	}
	return h.Who(r)
}

// parameters reads those of an endpoint that is about no service, and refuses
// others.
func parameters(r *http.Request, allowed ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be read: %w", err)
	}
	for name, given := range values {
		switch {
		case !slices.Contains(allowed, name):
			return nil, fmt.Errorf("unknown parameter %q: allowed are: %s", name, strings.Join(allowed, ", "))
		case len(given) > 1:
			return nil, fmt.Errorf("parameter %q is given %d times: once is allowed", name, len(given))
		case len(given[0]) > maxName:
			return nil, fmt.Errorf("parameter %q is longer than %d bytes", name, maxName)
		}
	}
	return values, nil
}

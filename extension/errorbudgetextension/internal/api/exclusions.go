// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Exclusions is what the handler needs of planned maintenance.
type Exclusions interface {
	// Stretches returns those that are in force and planned, and with past those
	// that a window may reach, the oldest first.
	Stretches(past bool) []maintenance.Stretch
	// Add puts one in force that nobody wrote into the file.
	Add(r budgetapi.ExclusionRequest, authenticatedAs string) (budgetapi.ExclusionEntry, error)
	// Remove takes one of those back, or ends it now.
	Remove(id, actor, reason string, endNow bool, authenticatedAs string) (budgetapi.ExclusionEntry, error)
}

// exclusions answers GET /v1/exclusions, and POST by adding one.
func (h *handler) exclusions(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		h.addExclusion(w, r)
		return
	}
	values, err := parameters(r, "past")
	var past bool
	if err == nil {
		past, err = truth(values.Get("past"), values.Has("past"), "past")
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	now := h.Assessor.Clock().UTC()
	out := budgetapi.Exclusions{AsOf: now, Exclusions: []budgetapi.Exclusion{}}
	for _, s := range h.Exclusions.Stretches(past) {
		minutes := s.Minutes()
		out.Exclusions = append(out.Exclusions, budgetapi.Exclusion{
			Name: s.Name, Services: s.Services, Start: s.Start, End: s.End, State: stateOf(s, now), Minutes: uint64(minutes.To - minutes.From),
			RRule: s.Rule, Added: s.Added, Affected: h.Assessor.Affected(minutes, s.Names),
		})
	}
	write(w, http.StatusOK, out)
}

func stateOf(s maintenance.Stretch, now time.Time) string {
	switch {
	case s.Start.After(now):
		return budgetapi.ExclusionPlanned
	case s.End.After(now):
		return budgetapi.ExclusionInForce
	}
	return budgetapi.ExclusionPast
}

func (h *handler) addExclusion(w http.ResponseWriter, r *http.Request) {
	var request budgetapi.ExclusionRequest
	if !h.readChange(w, r, "an exclusion", &request) {
		return
	}
	added, err := h.Exclusions.Add(request, h.who(r))
	if err != nil {
		writeExclusionError(w, err)
		return
	}
	write(w, http.StatusCreated, added)
}

// removeExclusion answers DELETE /v1/exclusions/{id}.
func (h *handler) removeExclusion(w http.ResponseWriter, r *http.Request) {
	if !h.mayChange(w, r) {
		return
	}
	values, err := parameters(r, "actor", "reason", "end_now")
	var endNow bool
	if err == nil {
		endNow, err = truth(values.Get("end_now"), values.Has("end_now"), "end_now")
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	removed, err := h.Exclusions.Remove(r.PathValue("id"), values.Get("actor"), values.Get("reason"), endNow, h.who(r))
	if err != nil {
		writeExclusionError(w, err)
		return
	}
	write(w, http.StatusOK, removed)
}

func writeExclusionError(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, maintenance.ErrInvalid):
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
	case errors.Is(err, maintenance.ErrUnknown):
		writeError(w, http.StatusNotFound, codeNotFound, err.Error())
	default:
		writeError(w, http.StatusServiceUnavailable, codeUnavailable, "nothing was changed, as the audit log cannot be written: "+err.Error())
	}
}

// truth reads a parameter that is true or false.
func truth(text string, given bool, name string) (bool, error) {
	if !given {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("parameter %q is true or false, not %q", name, text)
	}
	return value, nil
}

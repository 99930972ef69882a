// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// gate answers /v1/gate/{service}, always with 200: callers such as Argo
// Rollouts take another status for a failure of the endpoint.
func (h *handler) gate(w http.ResponseWriter, r *http.Request) {
	q, _, err := readGateQuery(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	write(w, http.StatusOK, h.decide(q))
}

// check answers /v1/check/{service}: the gate's body, with a status that a
// caller can act on without reading it.
func (h *handler) check(w http.ResponseWriter, r *http.Request) {
	q, values, err := readGateQuery(r, "strategy")
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	strategy := values.Get("strategy")
	if values.Has("strategy") && strategy != budgetapi.StrategyFull && strategy != budgetapi.StrategyCanary {
		writeError(w, http.StatusBadRequest, codeBadRequest,
			`parameter "strategy" is "full" (a release to all at once) or "canary" (to a part first), not `+strconv.Quote(strategy))
		return
	}
	if r.Method == http.MethodPost {
		body, ok := readBody(w, r, maxCheckBody)
		if !ok {
			return
		}
		if err := checkPayload(body); err != nil {
			writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
			return
		}
	}
	gate := h.decide(q)
	status := checkStatus(gate, strategy)
	if status != http.StatusOK {
		w.Header().Set("Retry-After", retryAfter(gate))
	}
	write(w, status, gate)
}

// readGateQuery reads which service is asked about, and for what kind of change.
func readGateQuery(r *http.Request, also ...string) (assess.Query, url.Values, error) {
	q, values, err := readQuery(r, append(also, "change")...)
	if err != nil {
		return q, values, err
	}
	if q.Change = values.Get("change"); values.Has("change") && !slices.Contains(slo.Changes(), q.Change) {
		return q, values, fmt.Errorf("parameter %q is one of %s, not %q", "change", strings.Join(slo.Changes(), ", "), q.Change)
	}
	return q, values, nil
}

func (h *handler) decide(q assess.Query) budgetapi.Gate {
	gate := h.Assessor.One(q).Gate(rand.Text())
	h.Decided(gate)
	return gate
}

// checkStatus is 200 if and only if the release may go out in the way asked for.
func checkStatus(g budgetapi.Gate, strategy string) int {
	switch {
	case g.Allow && (strategy != budgetapi.StrategyFull || g.Strategy.Type == budgetapi.StrategyFull):
		return http.StatusOK
	case g.State == budgetapi.StateUnknown:
		return http.StatusServiceUnavailable
	}
	return http.StatusLocked
}

const (
	// retryUnknown is when to ask again while nothing is known: the next minute
	// may be measured.
	retryUnknown = time.Minute
	// retryAtMost bounds Retry-After: an override or a new catalogue may change
	// the answer long before the budget recovers.
	retryAtMost = time.Hour
)

// retryAfter returns the seconds until the state may be better.
func retryAfter(g budgetapi.Gate) string {
	wait := retryUnknown
	if g.NextState != nil {
		wait = min(max(g.NextState.Earliest.Sub(g.AsOf).Round(time.Second), time.Second), retryAtMost)
	}
	return strconv.Itoa(int(wait / time.Second))
}

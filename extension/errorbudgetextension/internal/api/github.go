// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/github"
)

// github answers the deliveries of deployment protection rules. The signature is
// checked before anything of the body is read.
func (h *handler) github(w http.ResponseWriter, r *http.Request) {
	if h.GitHub == nil {
		writeError(w, http.StatusNotFound, codeNotFound, "`github::webhook_secret` is not configured")
		return
	}
	body, ok := readBody(w, r, maxHookBody)
	if !ok {
		return
	}
	if !h.GitHub.Signed(body, r.Header.Get(github.SignatureHeader)) {
		writeError(w, http.StatusUnauthorized, codeUnauthorized, github.SignatureHeader+" is not the signature of the body")
		return
	}
	switch event := r.Header.Get(github.EventHeader); event {
	case github.EventPing:
		w.WriteHeader(http.StatusNoContent)
		return
	case github.EventRule:
	default:
		writeError(w, http.StatusBadRequest, codeBadRequest, fmt.Sprintf("event %q is not answered: send %s", event, github.EventRule))
		return
	}
	answer, err := h.GitHub.Answer(r.Context(), body, h.decideFor)
	var callback *github.CallbackError
	switch {
	case errors.As(err, &callback):
		// GitHub shows the delivery as failed, and lets a person send it again.
		writeError(w, http.StatusBadGateway, codeBadGateway, fmt.Sprintf("decision %s is %s; %v", answer.Decision.DecisionID, answer.State, err))
	case err != nil:
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
	default:
		write(w, http.StatusOK, answer)
	}
}

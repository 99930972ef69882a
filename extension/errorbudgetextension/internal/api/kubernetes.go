// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/admission"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// kubernetes answers a validating admission webhook, always with 200 where the
// question can be read: the answer is in the body.
func (h *handler) kubernetes(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, maxHookBody)
	if !ok {
		return
	}
	request, err := admission.Parse(body)
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	review, err := admission.Judge(request, h.Admission, h.decideFor)
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	write(w, http.StatusOK, review)
}

// decideFor decides for a service of which a namespace or an environment that is
// empty is not known, so that each fits.
func (h *handler) decideFor(s slo.Service) budgetapi.Gate {
	q := assess.Query{Name: s.Name}
	if s.Namespace != "" {
		q.Namespace = &s.Namespace
	}
	if s.Environment != "" {
		q.Environment = &s.Environment
	}
	return h.decide(q)
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// budgets answers /v1/budgets: every service, the worst first.
func (h *handler) budgets(w http.ResponseWriter, r *http.Request) {
	q, _, err := readQuery(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	write(w, http.StatusOK, h.answer(h.Assessor.Each(q)))
}

// serviceBudgets answers /v1/budgets/{service} in the same shape, as a name may
// fit several services.
func (h *handler) serviceBudgets(w http.ResponseWriter, r *http.Request) {
	q, _, err := readQuery(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	found := h.Assessor.EachInDetail(q)
	if len(found) == 0 {
		writeError(w, http.StatusNotFound, codeNotFound, fmt.Sprintf(
			"service %q was never seen and the catalogue does not list it; /v1/budgets lists what there is", q.Name))
		return
	}
	out := h.answer(found)
	for i, a := range found {
		incidents := a.Incidents()
		out.Services[i].Incidents = &incidents
		out.Services[i].Queue = h.Assessor.Queue(a.Service)
		for n, o := range a.SLOs {
			out.Services[i].SLOs[n].SpentBy = a.SpentBy(o)
		}
	}
	write(w, http.StatusOK, out)
}

func (h *handler) answer(found []assess.Assessment) budgetapi.Budgets {
	out := budgetapi.Budgets{
		AsOf:           h.Assessor.Clock().UTC(),
		DurableThrough: h.Assessor.Ledger().DurableThrough(),
		Services:       make([]budgetapi.ServiceBudget, 0, len(found)),
	}
	for i, a := range found {
		if i == 0 || a.Durable.Before(out.DurableThrough) {
			out.DurableThrough = a.Durable
		}
		out.Services = append(out.Services, a.Budget())
	}
	return out
}

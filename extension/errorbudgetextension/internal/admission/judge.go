// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Gate decides for the service that an object names. Where the object names no
// namespace or environment, the service's are empty, and each fits.
type Gate func(slo.Service) budgetapi.Gate

// Judge answers a request. What is no release is allowed without asking.
func Judge(r *Request, keys Keys, gate Gate) (Review, error) {
	allow := answer(Response{UID: r.UID, Allowed: true})
	if r.SubResource != "" || (r.Operation != "CREATE" && r.Operation != "UPDATE") {
		return allow, nil
	}
	after, err := parseObject(r.Object)
	if err != nil {
		return Review{}, err
	}
	before, err := parseObject(r.OldObject)
	if err != nil {
		return Review{}, err
	}
	if after == nil || (before != nil && sameRelease(before, after)) {
		return allow, nil
	}
	service := keys.identify(after)
	if service.Name == "" {
		allow.Response.Warnings = []string{"error budget not asked: no annotation or label names the service (" + strings.Join(keys.Service, ", ") + ")"}
		return allow, nil
	}
	return answer(respond(r.UID, gate(service))), nil
}

// maxWarning bounds a warning, in bytes: the API server cuts longer ones.
const maxWarning = 256

// respond words a decision: a denial with reasons, or a warning where the
// release may go to a part of the traffic only, or nothing is known.
func respond(uid string, g budgetapi.Gate) Response {
	out := Response{UID: uid, Allowed: g.Allow, AuditAnnotations: map[string]string{
		"decision-id": g.DecisionID, "state": g.State, "service": name(g),
	}}
	said := fmt.Sprintf("error budget of %s: %s", name(g), g.State)
	reasons := strings.Join(budgetapi.Reasons(g.Reasons), "; ")
	switch {
	case !g.Allow:
		if g.NextState != nil {
			reasons += fmt.Sprintf("; %s at the earliest %s", g.NextState.State, g.NextState.Earliest.Format("2006-01-02 15:04 UTC"))
		}
		out.Status = &Status{
			Code: http.StatusForbidden, Reason: "Forbidden",
			Message: fmt.Sprintf("%s, no release: %s (decision %s)", said, reasons, g.DecisionID),
		}
	case g.Strategy.Type == budgetapi.StrategyCanary:
		out.Warnings = []string{cut(fmt.Sprintf("%s, at most %d %% of traffic: %s", said, g.Strategy.MaxWeight, reasons))}
	case g.State != budgetapi.StateNormal:
		out.Warnings = []string{cut(fmt.Sprintf("%s, allowed: %s", said, reasons))}
	}
	return out
}

func cut(s string) string {
	if len(s) > maxWarning {
		s = strings.ToValidUTF8(s[:maxWarning-3], "") + "..."
	}
	return s
}

func name(g budgetapi.Gate) string {
	return slo.Service{Namespace: g.Namespace, Name: g.Service, Environment: g.Environment}.String()
}

// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Version and kind of the only review that is spoken.
const (
	apiVersion = "admission.k8s.io/v1"
	kind       = "AdmissionReview"
)

// Review is a question of the API server, or the answer.
type Review struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Request    *Request  `json:"request,omitempty"`
	Response   *Response `json:"response,omitempty"`
}

// Request is what the API server asks. Objects stay as they came.
type Request struct {
	UID         string          `json:"uid"`
	Operation   string          `json:"operation"`
	SubResource string          `json:"subResource"`
	Namespace   string          `json:"namespace"`
	Name        string          `json:"name"`
	Object      json.RawMessage `json:"object"`
	OldObject   json.RawMessage `json:"oldObject"`
}

// Response is the answer. Warnings are shown to who made the request.
type Response struct {
	UID              string            `json:"uid"`
	Allowed          bool              `json:"allowed"`
	Status           *Status           `json:"status,omitempty"`
	Warnings         []string          `json:"warnings,omitempty"`
	AuditAnnotations map[string]string `json:"auditAnnotations,omitempty"`
}

// Status says why a request was denied.
type Status struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Parse reads a question.
func Parse(body []byte) (*Request, error) {
	var r Review
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("the body is no JSON: %w", err)
	}
	switch {
	case r.APIVersion != apiVersion || r.Kind != kind:
		return nil, fmt.Errorf("the body must be a %s of %s, not %q of %q: list v1 in admissionReviewVersions", kind, apiVersion, r.Kind, r.APIVersion)
	case r.Request == nil || r.Request.UID == "":
		return nil, errors.New("the review has no request with a uid")
	}
	return r.Request, nil
}

// answer wraps a response into a review.
func answer(r Response) Review {
	return Review{APIVersion: apiVersion, Kind: kind, Response: &r}
}

// SPDX-License-Identifier: Apache-2.0

// Package admission speaks the AdmissionReview of Kubernetes (admission.k8s.io/v1):
// which service an object is about, whether a change of it is a release, and the
// answer.
//
// Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
package admission // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/admission"

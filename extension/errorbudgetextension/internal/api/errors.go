// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
)

// Codes of errors. They are stable: callers branch on them, never on messages.
const (
	codeBadRequest       = "bad_request"
	codeUnauthorized     = "unauthorized"
	codeForbidden        = "forbidden"
	codeNotFound         = "not_found"
	codeMethodNotAllowed = "method_not_allowed"
	codeTooLarge         = "too_large"
	codeBadGateway       = "bad_gateway"
	codeInternal         = "internal"
	codeUnavailable      = "unavailable"
)

// codeOf names the error of a status that something before the endpoints chose:
// authentication, the decoding of a body, the router.
func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return codeUnauthorized
	case http.StatusForbidden:
		return codeForbidden
	case http.StatusNotFound:
		return codeNotFound
	case http.StatusMethodNotAllowed:
		return codeMethodNotAllowed
	case http.StatusRequestEntityTooLarge:
		return codeTooLarge
	case http.StatusBadGateway:
		return codeBadGateway
	}
	if status >= http.StatusInternalServerError {
		return codeInternal
	}
	return codeBadRequest
}

// maxReason bounds what is passed on of an error's text, in bytes.
const maxReason = 1024

// JSONErrors makes every error of next that is plain text a budgetapi.Error with
// the same status, and leaves pages alone: those of authentication and of bodies that cannot be decoded
// come as plain text.
func JSONErrors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &errorCatcher{ResponseWriter: w}
		next.ServeHTTP(c, r)
		c.finish()
	})
}

// errorCatcher holds back the plain text of an error.
type errorCatcher struct {
	http.ResponseWriter
	decided bool
	caught  int // status of the error that is held back, 0 if none is
	text    strings.Builder
}

func (c *errorCatcher) WriteHeader(status int) {
	if c.decided {
		return
	}
	c.decided = status >= http.StatusOK
	kind, _, _ := strings.Cut(c.Header().Get("Content-Type"), ";")
	if status >= http.StatusBadRequest && kind != "application/json" && kind != "text/html" {
		c.caught = status
		return
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *errorCatcher) Write(data []byte) (int, error) {
	if !c.decided {
		c.WriteHeader(http.StatusOK)
	}
	if c.caught == 0 {
		return c.ResponseWriter.Write(data)
	}
	c.text.Write(data[:min(len(data), maxReason-min(maxReason, c.text.Len()))])
	return len(data), nil
}

// finish sends the error that was held back.
func (c *errorCatcher) finish() {
	if c.caught == 0 {
		return
	}
	message := strings.ToValidUTF8(strings.TrimSpace(c.text.String()), "�")
	if message == "" {
		message = http.StatusText(c.caught)
	}
	c.Header().Del("Content-Length")
	writeError(c.ResponseWriter, c.caught, codeOf(c.caught), message)
}

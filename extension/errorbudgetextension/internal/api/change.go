// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
)

// maxChangeBody bounds the body of an override or of an exclusion, in bytes.
const maxChangeBody = 256 << 10

// readChange reads the body of a request that changes something, from somebody who
// may, or answers why it cannot and returns false.
func (h *handler) readChange(w http.ResponseWriter, r *http.Request, what string, into any) bool {
	if !h.mayChange(w, r) {
		return false
	}
	if _, err := parameters(r); err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return false
	}
	// Another content type is what a page of somebody else may send unasked.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		writeError(w, http.StatusBadRequest, codeBadRequest, "Content-Type must be application/json")
		return false
	}
	body, ok := readBody(w, r, maxChangeBody)
	if !ok {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if _, more := decoder.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("there is more after the object")
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, "the body must be the JSON of "+what+": "+err.Error())
		return false
	}
	return true
}

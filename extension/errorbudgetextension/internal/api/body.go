// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Bounds of bodies, in bytes. What a caller may send at most is far above what
// such callers do send, and small beside the collector's memory.
const (
	// maxCheckBody is for what Flagger and the like post: a few hundred bytes.
	maxCheckBody = 64 << 10
	// maxHookBody is for what the API server of Kubernetes sends, an object and
	// what it was before, of at most 1.5 MiB each (etcd's limit), and for GitHub's
	// events, which are smaller.
	maxHookBody = 4 << 20
)

// readBody returns the whole body, or answers why it cannot and returns false.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &tooLarge):
		writeError(w, http.StatusRequestEntityTooLarge, codeTooLarge, fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit))
	default:
		writeError(w, http.StatusBadRequest, codeBadRequest, "the body cannot be read: "+err.Error())
	}
	return nil, false
}

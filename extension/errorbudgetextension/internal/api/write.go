// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// write sends a body as JSON. Answers are true at one instant, so nothing may
// keep them.
func write(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError) // JSONErrors words it
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // a caller that left needs no answer
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	write(w, status, budgetapi.Error{Error: budgetapi.ErrorDetail{Code: code, Message: message}})
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// write sends a body as JSON. Answers are true at one instant, so nothing may
// keep them.
func write(w http.ResponseWriter, status int, body any) {
	data := texts.Get().(*bytes.Buffer)
	defer keepText(data)
	if err := json.NewEncoder(data).Encode(body); err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError) // JSONErrors words it
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(data.Bytes()) // a caller that left needs no answer
}

// texts are buffers that the next answer is written in: a gate that is asked all the
// time would leave a kilobyte of garbage an answer.
var texts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxText is how large a buffer may be to be used again: far above a gate's answer,
// and far below those about thousands of services.
const maxText = 64 << 10

func keepText(b *bytes.Buffer) {
	if b.Cap() <= maxText {
		b.Reset()
		texts.Put(b)
	}
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	write(w, status, budgetapi.Error{Error: budgetapi.ErrorDetail{Code: code, Message: message}})
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// flaggerPayload is what Flagger posts to the webhooks of a Canary. The service
// is that of the path: the name in the payload is the Canary's, which need not
// be the same.
type flaggerPayload struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Phase     string            `json:"phase"`
	Metadata  map[string]string `json:"metadata"`
}

// checkPayload refuses a body that no caller means to send. Without a body the
// query says it all; with one, it is a JSON object. Nothing of it changes the
// answer.
func checkPayload(body []byte) error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil
	}
	var p flaggerPayload
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("the body is no JSON object as Flagger's webhooks post it: %w", err)
	}
	return nil
}

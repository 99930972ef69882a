// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
)

// refusal is an answer that will be the same next time.
type refusal struct {
	status int
	said   string
}

func (r refusal) Error() string { return fmt.Sprintf("it was refused with %d: %s", r.status, r.said) }

// maxSaid bounds what is kept of a receiver's answer, in bytes.
const maxSaid = 300

func (r *Receiver) send(ctx context.Context, batch []alert.Alert) error {
	body, err := r.set.Encode(batch, r.set.Clock())
	if err != nil {
		return fmt.Errorf("write alerts: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.set.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send alerts: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := r.set.Client.Do(request)
	if err != nil {
		return fmt.Errorf("send alerts: %w", err)
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, maxSaid)) // for the log alone
	switch {
	case response.StatusCode/100 == 2:
		return nil
	case response.StatusCode/100 == 4 && response.StatusCode != http.StatusTooManyRequests &&
		response.StatusCode != http.StatusRequestTimeout && response.StatusCode != http.StatusUnauthorized &&
		response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusNotFound:
		return refusal{status: response.StatusCode, said: strings.TrimSpace(string(said))}
	}
	return fmt.Errorf("send alerts: %s answered %d: %s", r.set.URL, response.StatusCode, strings.TrimSpace(string(said)))
}

func compareIDs(a, b alert.ID) int {
	return cmp.Or(budget.CompareServices(a.Service, b.Service), cmp.Compare(a.SLO, b.SLO), cmp.Compare(a.Name, b.Name))
}

// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// AddExclusion takes a stretch of time out of the budgets of some services.
func (c *Client) AddExclusion(ctx context.Context, r budgetapi.ExclusionRequest) (budgetapi.ExclusionEntry, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return budgetapi.ExclusionEntry{}, fmt.Errorf("write the exclusion: %w", err)
	}
	var added budgetapi.ExclusionEntry
	if err := c.send(ctx, http.MethodPost, "v1/exclusions", url.Values{}, bytes.NewReader(body), &added); err != nil {
		return budgetapi.ExclusionEntry{}, err
	}
	if added.ID == "" {
		return budgetapi.ExclusionEntry{}, c.foreign(errors.New("it has no id"))
	}
	return added, nil
}

// RemoveExclusion takes one back, or ends it now.
func (c *Client) RemoveExclusion(ctx context.Context, id, actor, reason string, endNow bool) (budgetapi.ExclusionEntry, error) {
	values := url.Values{"actor": {actor}}
	if reason != "" {
		values.Set("reason", reason)
	}
	if endNow {
		values.Set("end_now", "true")
	}
	var removed budgetapi.ExclusionEntry
	err := c.send(ctx, http.MethodDelete, "v1/exclusions/"+url.PathEscape(id), values, http.NoBody, &removed)
	return removed, err
}

// Exclusions asks for those in force and planned, and with past for those that are
// over.
func (c *Client) Exclusions(ctx context.Context, past bool) (budgetapi.Exclusions, error) {
	values := url.Values{}
	if past {
		values.Set("past", "true")
	}
	var e budgetapi.Exclusions
	if err := c.send(ctx, http.MethodGet, "v1/exclusions", values, http.NoBody, &e); err != nil {
		return budgetapi.Exclusions{}, err
	}
	if e.AsOf.IsZero() {
		return budgetapi.Exclusions{}, c.foreign(errors.New("it has no time"))
	}
	return e, nil
}

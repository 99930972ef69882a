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
	"strconv"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// SetOverride puts an override in force.
func (c *Client) SetOverride(ctx context.Context, r budgetapi.OverrideRequest) (budgetapi.OverrideEntry, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return budgetapi.OverrideEntry{}, fmt.Errorf("write the override: %w", err)
	}
	var set budgetapi.OverrideEntry
	if err := c.send(ctx, http.MethodPost, "v1/overrides", url.Values{}, bytes.NewReader(body), &set); err != nil {
		return budgetapi.OverrideEntry{}, err
	}
	if set.ID == "" {
		return budgetapi.OverrideEntry{}, c.foreign(errors.New("it has no id"))
	}
	return set, nil
}

// ClearOverride ends an override.
func (c *Client) ClearOverride(ctx context.Context, id, actor, reason string) (budgetapi.OverrideEntry, error) {
	values := url.Values{"actor": {actor}}
	if reason != "" {
		values.Set("reason", reason)
	}
	var cleared budgetapi.OverrideEntry
	err := c.send(ctx, http.MethodDelete, "v1/overrides/"+url.PathEscape(id), values, http.NoBody, &cleared)
	return cleared, err
}

// Overrides asks for those in force.
func (c *Client) Overrides(ctx context.Context) (budgetapi.Overrides, error) {
	var o budgetapi.Overrides
	if err := c.send(ctx, http.MethodGet, "v1/overrides", url.Values{}, http.NoBody, &o); err != nil {
		return budgetapi.Overrides{}, err
	}
	if o.AsOf.IsZero() {
		return budgetapi.Overrides{}, c.foreign(errors.New("it has no time"))
	}
	return o, nil
}

// Audit asks for all records of the audit log after one.
func (c *Client) Audit(ctx context.Context, after uint64) (budgetapi.Audit, error) {
	all := budgetapi.Audit{Records: []budgetapi.AuditRecord{}}
	for {
		var part budgetapi.Audit
		values := url.Values{"after": {strconv.FormatUint(after, 10)}, "limit": {"1000"}}
		if err := c.send(ctx, http.MethodGet, "v1/audit", values, http.NoBody, &part); err != nil {
			return budgetapi.Audit{}, err
		}
		all.Records = append(all.Records, part.Records...)
		if part.Next == nil || *part.Next <= after {
			return all, nil
		}
		after = *part.Next
	}
}

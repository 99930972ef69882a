// SPDX-License-Identifier: Apache-2.0

// Package client asks a budget endpoint.
package client // import "github.com/sloe-dev/sloe/distribution/sloectl/internal/client"

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// maxAnswer bounds an answer, in bytes: 10,000 services take about 20 MiB.
const maxAnswer = 128 << 20

// Client asks one endpoint.
type Client struct {
	// Endpoint is the base URL, such as http://localhost:7560.
	Endpoint string
	// Token is sent as a bearer token if it is not empty.
	Token string
	HTTP  *http.Client
}

// Query names the service to ask for. A nil namespace or environment fits each.
type Query struct {
	Service                string
	Namespace, Environment *string
	// Change is the kind of change that the gate is asked about, empty for a
	// feature.
	Change string
}

// Gate asks whether a service may be released.
func (c *Client) Gate(ctx context.Context, q Query) (budgetapi.Gate, error) {
	var g budgetapi.Gate
	if err := c.get(ctx, "v1/gate/"+url.PathEscape(q.Service), q, &g); err != nil {
		return budgetapi.Gate{}, err
	}
	states := []string{budgetapi.StateNormal, budgetapi.StateCanary, budgetapi.StateFreeze, budgetapi.StateUnknown}
	if !slices.Contains(states, g.State) || g.DecisionID == "" {
		return budgetapi.Gate{}, c.foreign(errors.New("it has no known state and decision"))
	}
	return g, nil
}

// Budgets asks for the budgets of a service, or of all if the query names none.
func (c *Client) Budgets(ctx context.Context, q Query) (budgetapi.Budgets, error) {
	path := "v1/budgets"
	if q.Service != "" {
		path += "/" + url.PathEscape(q.Service)
	}
	var b budgetapi.Budgets
	if err := c.get(ctx, path, q, &b); err != nil {
		return budgetapi.Budgets{}, err
	}
	if b.AsOf.IsZero() {
		return budgetapi.Budgets{}, c.foreign(errors.New("it has no time"))
	}
	return b, nil
}

func (c *Client) get(ctx context.Context, path string, q Query, into any) error {
	values := url.Values{}
	if q.Namespace != nil {
		values.Set("namespace", *q.Namespace)
	}
	if q.Environment != nil {
		values.Set("environment", *q.Environment)
	}
	if q.Change != "" {
		values.Set("change", q.Change)
	}
	return c.send(ctx, http.MethodGet, path, values, http.NoBody, into)
}

// send asks, and reads the answer into a value.
func (c *Client) send(ctx context.Context, method, path string, values url.Values, body io.Reader, into any) error {
	target := strings.TrimSuffix(c.Endpoint, "/") + "/" + path
	if len(values) > 0 {
		target += "?" + values.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return fmt.Errorf("--endpoint must be a URL such as http://localhost:7560: %w", err)
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return fmt.Errorf("the budget endpoint cannot be reached: %w; check that the collector runs with the error_budget extension, and --endpoint", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the answer of %s broke off: %w; try again", c.Endpoint, err)
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return c.refused(response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return c.foreign(err)
	}
	return nil
}

// refused words an answer that is an error.
func (c *Client) refused(status int, body []byte) error {
	var e budgetapi.Error
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		why := ""
		if json.Unmarshal(body, &e) == nil && e.Error.Message != "" {
			why = ": " + e.Error.Message
		}
		return fmt.Errorf("%s asks for authentication (%d): give a token by --token or SLOE_TOKEN%s", c.Endpoint, status, why)
	}
	if json.Unmarshal(body, &e) == nil && e.Error.Message != "" {
		return errors.New(e.Error.Message)
	}
	return c.foreign(fmt.Errorf("status %d", status))
}

func (c *Client) foreign(err error) error {
	return fmt.Errorf("%s does not answer like a budget endpoint: %w; check --endpoint", c.Endpoint, err)
}

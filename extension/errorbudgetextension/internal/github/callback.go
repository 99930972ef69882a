// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// rulePath is what a callback's path looks like below the API's root.
var rulePath = regexp.MustCompile(`^/repos/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+/actions/runs/[0-9]+/deployment_protection_rule$`)

// target returns the URL to call, empty if nobody is to be called. It refuses
// one that is not a rule's below the configured root: a delivery must not send
// the token elsewhere.
func (a *App) target(e Event) (string, error) {
	if a.set.APIURL == "" {
		return "", nil
	}
	path, below := strings.CutPrefix(e.CallbackURL, a.set.APIURL)
	if !below || !rulePath.MatchString(path) || !strings.HasPrefix(path, "/repos/"+e.Repository.FullName+"/") || strings.Contains(path, "/../") {
		return "", fmt.Errorf("deployment_callback_url must be that of a rule of the event's repository below `github::api_url`, not %q", e.CallbackURL)
	}
	return e.CallbackURL, nil
}

// Calls are tried a few times within the ten seconds for which GitHub waits for
// the answer to a delivery.
const (
	attempts    = 3
	callTimeout = 2 * time.Second
	retryAfter  = 300 * time.Millisecond
)

// tell calls back.
func (a *App) tell(ctx context.Context, target string, e Event, out budgetapi.GitHubAnswer) error {
	token, err := a.token(ctx, e.Installation.ID)
	if err != nil {
		return err
	}
	_, err = a.post(ctx, target, token, map[string]string{
		"environment_name": out.EnvironmentName, "state": out.State, "comment": out.Comment,
	})
	return err
}

// post sends JSON and returns the body of the answer. It tries again after
// trouble that may pass.
func (a *App) post(ctx context.Context, target, token string, body any) ([]byte, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	for i := range attempts {
		if i > 0 {
			select {
			case <-ctx.Done():
				return nil, errors.Join(err, ctx.Err())
			case <-time.After(retryAfter):
			}
		}
		var answer []byte
		var final bool
		if answer, final, err = a.postOnce(ctx, target, token, data); final {
			return answer, err
		}
	}
	return nil, err
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

func (a *App) postOnce(ctx context.Context, target, token string, data []byte) (answer []byte, final bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(data))
	if err != nil {
		return nil, true, err
	}
	request.Header.Set("Accept", "application/vnd.github+json")
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	response, err := a.set.Client.Do(request)
	if err != nil {
		return nil, false, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests:
		return nil, false, fmt.Errorf("%s answered %s", request.URL.Path, response.Status)
	case response.StatusCode >= 300:
		return nil, true, fmt.Errorf("%s answered %s", request.URL.Path, response.Status)
	}
	return answer, err == nil, err
}

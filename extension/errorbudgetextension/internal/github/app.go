// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Settings of an App.
type Settings struct {
	// Secret signs deliveries.
	Secret []byte
	// APIURL is the root of the API that is called back, without a slash at its
	// end. Empty, nobody is ever called.
	APIURL string
	// Token authenticates calls, unless AppID and Key do.
	Token string
	// AppID and Key are those of the GitHub App whose rule it is.
	AppID string
	Key   *rsa.PrivateKey
	// FullOnly rejects what may go out as a canary alone.
	FullOnly bool
	// Services are the names of the services of repositories (owner/name) that
	// are not named alike.
	Services map[string]string
	Client   *http.Client
	Clock    func() time.Time
}

// App answers deployment protection rules. It may be used from any goroutine.
type App struct {
	set Settings
}

// New returns an App. Its client follows no redirects: an answer goes where the
// configuration says and nowhere else.
func New(set Settings) *App {
	client := *set.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	set.Client = &client
	return &App{set: set}
}

// Signed tells whether a delivery is GitHub's.
func (a *App) Signed(body []byte, signature string) bool {
	return Signed(a.set.Secret, body, signature)
}

// CallbackError says that the decision stands, and that GitHub was not told.
type CallbackError struct{ Err error }

func (e *CallbackError) Error() string { return "GitHub was not told: " + e.Err.Error() }
func (e *CallbackError) Unwrap() error { return e.Err }

// Answer decides for a delivery of a rule's event, and calls back if that is
// configured. The outcome says what was decided, whether or not it could be
// told.
func (a *App) Answer(ctx context.Context, body []byte, gate func(slo.Service) budgetapi.Gate) (budgetapi.GitHubAnswer, error) {
	e, err := parseEvent(body)
	if err != nil {
		return budgetapi.GitHubAnswer{}, err
	}
	target, err := a.target(e)
	if err != nil {
		return budgetapi.GitHubAnswer{}, err
	}
	g := gate(a.service(e))
	out := budgetapi.GitHubAnswer{State: "rejected", EnvironmentName: e.Environment, Comment: comment(g), Decision: g}
	if g.Allow && (!a.set.FullOnly || g.Strategy.Type == budgetapi.StrategyFull) {
		out.State = "approved"
	}
	if target == "" {
		return out, nil
	}
	if err := a.tell(ctx, target, e, out); err != nil {
		return out, &CallbackError{err}
	}
	out.CalledBack = true
	return out, nil
}

// comment is shown in the workflow run.
func comment(g budgetapi.Gate) string {
	what := "may be released"
	switch g.Strategy.Type {
	case budgetapi.StrategyNone:
		what = "may not be released"
	case budgetapi.StrategyCanary:
		what = fmt.Sprintf("may be released to at most %d %% of traffic", g.Strategy.MaxWeight)
	}
	s := fmt.Sprintf("Error budget %s: %s %s. %s.", g.State, g.Service, what, strings.Join(budgetapi.Reasons(g.Reasons), "; "))
	if g.NextState != nil {
		s += fmt.Sprintf(" %s at the earliest %s.", g.NextState.State, g.NextState.Earliest.Format("2006-01-02 15:04 UTC"))
	}
	return s + " Decision " + g.DecisionID + "."
}

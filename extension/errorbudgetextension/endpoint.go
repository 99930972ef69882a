// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/api"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/exposition"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/ui"
)

// endpoint is the running HTTP server.
type endpoint struct {
	server   *http.Server
	listener net.Listener
	done     sync.WaitGroup
}

// serve listens and answers.
func (e *budgetExtension) serve(ctx context.Context, host component.Host) (*endpoint, error) {
	app, err := e.app()
	if err != nil {
		return nil, err
	}
	handler := api.NewHandler(api.Settings{
		Assessor:   e.assessor,
		Decided:    e.decided,
		Alerts:     e.alerter.engine.Alerts,
		Overrides:  e.overrides,
		Exclusions: e.exclusions,
		Audit:      e.audit,
		Guarded:    e.cfg.HTTP.Auth.HasValue(),
		Who:        who,
		Page:       ui.NewHandler(e.assessor),
		Metrics:    exposition.NewHandler(e.assessor, e.cfg.SlothMetrics),
		Admission:  e.cfg.Kubernetes.keys(),
		GitHub:     app,
	})
	server, err := e.cfg.HTTP.ToServer(ctx, host.GetExtensions(), e.set.TelemetrySettings, handler)
	if err != nil {
		return nil, fmt.Errorf("`http`: %w", err)
	}
	server.Handler = api.JSONErrors(server.Handler)
	if app != nil && e.cfg.HTTP.Auth.HasValue() {
		server.Handler = signed(handler, server.Handler)
	}
	listener, err := e.cfg.HTTP.ToListener(ctx)
	if err != nil {
		return nil, fmt.Errorf("`http::endpoint`: %w", err)
	}
	s := &endpoint{server: server, listener: listener}
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("serve the budget endpoint: %w", err)))
		}
	}()
	return s, nil
}

// signed lets GitHub's deliveries past http::auth: GitHub sends a signature and
// cannot send what authenticators ask for. The signature is checked first of all.
func signed(bySignature, byAuth http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == api.HookGitHub {
			bySignature.ServeHTTP(w, r)
			return
		}
		byAuth.ServeHTTP(w, r)
	})
}

// shutdown lets answers under way finish.
func (s *endpoint) shutdown(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	s.done.Wait()
	if err != nil {
		return fmt.Errorf("stop the budget endpoint: %w", err)
	}
	return nil
}

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
	handler := api.NewHandler(api.Settings{Assessor: e.assessor, Decided: e.decided, Alerts: e.alerter.engine.Alerts, Page: ui.NewHandler(e.assessor)})
	server, err := e.cfg.HTTP.ToServer(ctx, host.GetExtensions(), e.set.TelemetrySettings, handler)
	if err != nil {
		return nil, fmt.Errorf("`http`: %w", err)
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

// shutdown lets answers under way finish.
func (s *endpoint) shutdown(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	s.done.Wait()
	if err != nil {
		return fmt.Errorf("stop the budget endpoint: %w", err)
	}
	return nil
}

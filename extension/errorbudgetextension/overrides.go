// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/override"
	"github.com/sloe-dev/sloe/internal/auditlog"
)

// openOverrides reads from the audit log what people decided.
func (e *budgetExtension) openOverrides() error {
	audit, opened, err := auditlog.Open(e.cfg.StorageDirectory, e.clock())
	if err != nil {
		return fmt.Errorf("`storage_directory`: %w", err)
	}
	e.audit = audit
	if opened.SetAside != "" {
		broken := errors.New("the audit log was changed or shortened: " + strings.Join(opened.Faults, "; "))
		e.set.Logger.Error("The audit log is not as it was written. It is set aside, and the overrides in it are not in force.",
			zap.String("set_aside", opened.SetAside), zap.Error(broken))
		e.health.report(troubleAudit, broken)
	}
	e.overrides, err = override.NewBook(audit, opened.Records, e.clock)
	return err
}

// expireOverrides writes down which overrides ended.
func (e *budgetExtension) expireOverrides() {
	if err := e.overrides.Expire(); err != nil {
		e.set.Logger.Error("The end of an override cannot be written to the audit log; it is out of force all the same.", zap.Error(err))
	}
}

// who returns whom the endpoint's authentication found, as far as it says.
func who(r *http.Request) string {
	auth := client.FromContext(r.Context()).Auth
	if auth == nil {
		return ""
	}
	for _, name := range []string{"subject", "username", "email"} {
		if value, ok := auth.GetAttribute(name).(string); ok && value != "" {
			return value
		}
	}
	return ""
}

func (e *budgetExtension) observeOverrides(_ context.Context, o metric.Int64Observer) error {
	counts := map[bool]int64{}
	for _, entry := range e.overrides.InForce() {
		counts[entry.Allow]++
	}
	for _, allow := range []bool{true, false} {
		o.Observe(counts[allow], metric.WithAttributes(attribute.Bool("allow", allow)))
	}
	return nil
}

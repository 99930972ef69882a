// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/override"
	"github.com/sloe-dev/sloe/internal/auditlog"
)

// auditTrail is where decisions of people are written.
type auditTrail interface {
	override.Log
	Read(after uint64, limit int) ([]auditlog.Record, error)
	Close() error
}

// noAudit stands for an audit log that is not configured. What cannot be written
// down is not put in force.
type noAudit struct{}

var errNoAudit = errors.New("there is no audit log: configure `audit_directory`")

func (noAudit) Append(time.Time, string, string, any) (auditlog.Record, error) {
	return auditlog.Record{}, errNoAudit
}
func (noAudit) Read(uint64, int) ([]auditlog.Record, error) { return nil, errNoAudit }
func (noAudit) Close() error                                { return nil }

// auditDirectory is where the audit log is, empty if there is none.
func (e *budgetExtension) auditDirectory() string {
	if e.cfg.AuditDirectory == "" && e.cfg.Storage == nil {
		return e.cfg.StorageDirectory
	}
	return e.cfg.AuditDirectory
}

// openOverrides reads from the audit log what people decided.
func (e *budgetExtension) openOverrides() error {
	directory := e.auditDirectory()
	if directory == "" {
		e.audit = noAudit{}
		var err error
		e.overrides, err = override.NewBook(e.audit, nil, e.clock)
		return err
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("`audit_directory` must be a directory that the collector may write to: %w", err)
	}
	audit, opened, err := auditlog.Open(directory, e.clock())
	if err != nil {
		return fmt.Errorf("`audit_directory` must be a directory that the collector may write to: %w", err)
	}
	e.audit, e.recorded = audit, opened.Records
	if opened.SetAside != "" {
		broken := errors.New("the audit log was changed or shortened: " + strings.Join(opened.Faults, "; "))
		e.set.Logger.Error("The audit log is not as it was written. It is set aside, and the overrides and exclusions in it are not in force.",
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

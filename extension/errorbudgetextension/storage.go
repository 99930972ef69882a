// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
)

var _ extensioncapabilities.Dependent = (*budgetExtension)(nil)

// Dependencies has the storage extension started first, and stopped last.
func (e *budgetExtension) Dependencies() []component.ID {
	if e.cfg.Storage == nil {
		return nil
	}
	return []component.ID{*e.cfg.Storage}
}

// openStore opens the counts where the configuration says they are, and tells
// what is damaged.
func (e *budgetExtension) openStore(ctx context.Context, host component.Host) (*store.Store, error) {
	s, err := e.openValues(ctx, host)
	if err != nil {
		return nil, err
	}
	var all error
	for _, d := range s.Damage() {
		e.set.Logger.Error("The store was damaged; it goes on with what is sound.", zap.Stringer("damage", d), zap.String("set_aside", d.Aside))
		e.telemetry.ExtensionErrorBudgetStorageDamages.Add(ctx, 1, metric.WithAttributes(attribute.Bool("lost", d.Lost)))
		all = errors.Join(all, errors.New(d.String()))
	}
	if all != nil {
		e.health.report(troubleStorage, fmt.Errorf("at this start the store was damaged: %w", all))
	}
	return s, nil
}

func (e *budgetExtension) openValues(ctx context.Context, host component.Host) (*store.Store, error) {
	if e.cfg.Storage == nil {
		s, err := store.Open(ctx, e.cfg.StorageDirectory)
		if err != nil {
			return nil, fmt.Errorf("`storage_directory` must be a directory that the collector may write to: %w", err)
		}
		return s, nil
	}
	found, ok := host.GetExtensions()[*e.cfg.Storage]
	if !ok {
		return nil, fmt.Errorf("`storage`: %s must be one of the extensions under service::extensions", e.cfg.Storage)
	}
	of, ok := found.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("`storage`: %s must be a storage extension, such as file_storage", e.cfg.Storage)
	}
	client, err := of.GetClient(ctx, component.KindExtension, e.set.ID, "")
	if err != nil {
		return nil, fmt.Errorf("`storage`: %s: %w", e.cfg.Storage, err)
	}
	s, err := store.OpenClient(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("`storage`: %s: %w", e.cfg.Storage, err)
	}
	return s, nil
}

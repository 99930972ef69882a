// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Open opens the store in a directory, which it creates with mode 0700 if it is
// missing. It fails if another process has the store open. What is damaged it
// sets aside, and goes on with what is sound: Damage tells.
func Open(ctx context.Context, directory string) (*Store, error) {
	files, found, err := openSQLite(ctx, directory)
	if err != nil {
		return nil, err
	}
	return open(ctx, files, found)
}

// OpenClient opens the store in a storage extension of the collector. The Store
// owns the client from then on.
func OpenClient(ctx context.Context, client storage.Client) (*Store, error) {
	return open(ctx, clientValues{client}, nil)
}

func open(ctx context.Context, values Values, found []Damage) (*Store, error) {
	s := &Store{
		values:   values,
		manifest: &manifest{},
		damage:   found,
		opened:   map[slo.Minute]*openHour{},
		heard:    heard{services: map[slo.Service]slo.Minute{}, writers: map[string]slo.Minute{}},
	}
	if err := s.examine(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store: %w", err), values.Close(ctx))
	}
	return s, nil
}

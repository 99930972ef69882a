// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// clientValues are those in a storage extension. How durable a write is, that
// extension decides: file_storage syncs if its key fsync says so.
type clientValues struct {
	client storage.Client
}

func (c clientValues) Get(ctx context.Context, key string) ([]byte, error) {
	return c.client.Get(ctx, key)
}

func (c clientValues) Write(ctx context.Context, changes []Change) error {
	operations := make([]*storage.Operation, len(changes))
	for i, change := range changes {
		operations[i] = storage.DeleteOperation(change.Key)
		if change.Value != nil {
			operations[i] = storage.SetOperation(change.Key, change.Value)
		}
	}
	return c.client.Batch(ctx, operations...)
}

func (c clientValues) Close(ctx context.Context) error { return c.client.Close(ctx) }

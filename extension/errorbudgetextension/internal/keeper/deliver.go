// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
)

// Deliver takes a batch of a feeder that has a memory of its own: it makes the
// batch durable and serves it. An error says that it was not taken, as an earlier
// one is not durable yet. A batch that was taken is the Keeper's: if storage
// refuses it, it is kept and tried again with the next Flush, as any other.
func (k *Keeper) Deliver(ctx context.Context, b *budget.Batch) error {
	return k.take(ctx, b, false)
}

// Archive is Deliver for minutes of the past that are many: they are durable, and
// served after Serve.
func (k *Keeper) Archive(ctx context.Context, b *budget.Batch) error {
	return k.take(ctx, b, true)
}

func (k *Keeper) take(ctx context.Context, b *budget.Batch, archived bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.finish(ctx); err != nil {
		return err
	}
	switch durable := k.Ledger().DurableThrough(); {
	case archived && b.Until.Before(durable):
		b.Until = durable // an older minute makes nothing less durable
	case !archived && b.Until.After(k.through):
		k.through = b.Until
	}
	k.inFlight, k.archived = b, archived
	_ = k.commit(ctx) // Committed was told, and Flush tries again
	return nil
}

// finish commits a batch that storage refused. It goes first and unchanged,
// under its number: it may have been committed all the same.
func (k *Keeper) finish(ctx context.Context) error {
	if k.inFlight == nil {
		return nil
	}
	return k.commit(ctx)
}

// Serve serves what was archived. An error says that it is not, and that Serve is
// to be called again.
func (k *Keeper) Serve(ctx context.Context) error {
	k.mu.Lock()
	err := k.finish(ctx)
	k.mu.Unlock()
	if err != nil {
		return err
	}
	return k.Rebuild(ctx)
}

// SPDX-License-Identifier: Apache-2.0

// Package keeper carries counts from the Recorder to the answers, over the disk:
// it drains what is pending, commits it, and serves it only then.
package keeper // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/keeper"

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Store is what a Keeper needs of a store.Store. One that is a budget.Archive
// too keeps the Ledger small.
type Store interface {
	LastBatch() uint64
	Commit(ctx context.Context, number uint64, b *budget.Batch) error
	Load(ctx context.Context, to store.Sink) error
	Fold(ctx context.Context) error
	Retain(ctx context.Context, before slo.Minute) error
}

// Settings of a Keeper.
type Settings struct {
	Store Store
	Clock func() time.Time
	// Window gives the length of a service's window.
	Window func(slo.Service) time.Duration
	// Judged gives the targets by which minutes of an indicator are judged. It may be
	// nil: then they are judged when they are asked for.
	Judged func(service slo.Service, sli string) []slo.Ratio
	// Interval is how often pending counts are committed.
	Interval time.Duration
	// Committed is told the outcome of each commit that wrote something, and of
	// each deletion of old minutes that failed. It must not call the Keeper.
	Committed func(err error)
	// Delivered says that counts come by Deliver alone. What is durable is then
	// that up to which the last batch was read, however late it is.
	Delivered bool
	// Took is told how long each commit took that wrote something. It may be nil.
	Took func(time.Duration)
}

// Keeper owns the way from Pending to the Ledger. Life cycle: New, Start, then
// Shutdown once.
type Keeper struct {
	set     Settings
	pending *budget.Pending
	ledger  atomic.Pointer[budget.Ledger]

	mu       sync.Mutex // guards what follows: one commit at a time
	inFlight *budget.Batch
	// archived: the batch in flight is one for Archive.
	archived bool
	through  time.Time // up to which batches were delivered
	retained slo.Minute

	stop chan struct{}
	done sync.WaitGroup
}

// retainEvery is how often old minutes are deleted, in minutes.
const retainEvery = 60

// New returns a Keeper that takes counts at once and serves none before Start.
func New(set Settings) *Keeper {
	k := &Keeper{set: set, pending: budget.NewPending(set.Clock), through: time.Unix(0, 0), stop: make(chan struct{})}
	k.ledger.Store(budget.NewLedger(set.Window))
	return k
}

// Pending is where counts go.
func (k *Keeper) Pending() *budget.Pending { return k.pending }

// Ledger is where answers come from. It is asked for anew each time, as a
// changed window makes another one.
func (k *Keeper) Ledger() *budget.Ledger { return k.ledger.Load() }

// Start loads what the store holds and begins to commit.
func (k *Keeper) Start(ctx context.Context) error {
	if err := k.Rebuild(ctx); err != nil {
		return err
	}
	k.done.Add(1)
	go k.run()
	return nil
}

// Rebuild makes the Ledger anew from the store. It is needed when the length of
// a window changed: a longer one reaches minutes that the Ledger dropped.
func (k *Keeper) Rebuild(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	ledger := budget.NewLedger(k.set.Window)
	if archive, ok := k.set.Store.(budget.Archive); ok {
		ledger.UseArchive(archive)
	}
	ledger.JudgeMinutes(k.set.Judged)
	restorer := ledger.Restore(k.set.Clock())
	if err := k.set.Store.Load(ctx, restorer); err != nil {
		return fmt.Errorf("read the error budgets: %w", err)
	}
	restorer.Inherit(k.ledger.Load())
	k.ledger.Store(ledger)
	return nil
}

// Open hands a gauge of open requests to the Ledger at once: gauges are not
// stored, as they are reported anew within a minute. That the service is known
// is stored.
func (k *Keeper) Open(service slo.Service, minute slo.Minute, open uint64, writer slo.Writer) {
	if open > 0 {
		k.pending.Sight(service, writer)
	}
	k.Ledger().Open(service, k.set.Clock(), minute, open, writer)
}

// Flush commits what is pending and serves it. After an error the counts are
// kept, and the next Flush tries again.
func (k *Keeper) Flush(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	// A batch that storage refused goes first and unchanged, under its number:
	// it may have been committed all the same.
	if err := k.finish(ctx); err != nil {
		return err
	}
	k.inFlight = k.pending.Drain()
	if k.set.Delivered {
		k.inFlight.Until = k.through
	}
	k.Ledger().Admit(k.inFlight)
	if err := k.commit(ctx); err != nil {
		return err
	}
	if err := k.set.Store.Fold(ctx); err != nil {
		k.set.Committed(err)
		return fmt.Errorf("fold what was committed: %w", err)
	}
	return k.retain(ctx)
}

// Shutdown stops committing after a last Flush.
func (k *Keeper) Shutdown(ctx context.Context) error {
	close(k.stop)
	k.done.Wait()
	return k.Flush(ctx)
}

func (k *Keeper) run() {
	defer k.done.Done()
	ticker := time.NewTicker(k.set.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-k.stop:
			return
		case <-ticker.C:
			_ = k.Flush(context.Background()) // Committed was told
		}
	}
}

func (k *Keeper) commit(ctx context.Context) error {
	b := k.inFlight
	if !b.IsEmpty() {
		began := time.Now()
		err := k.set.Store.Commit(ctx, k.set.Store.LastBatch()+1, b)
		if k.set.Took != nil {
			k.set.Took(time.Since(began))
		}
		k.set.Committed(err)
		if err != nil {
			return fmt.Errorf("commit counts: %w", err)
		}
	}
	if !k.archived {
		k.Ledger().Apply(b)
	}
	k.inFlight, k.archived = nil, false
	return nil
}

func (k *Keeper) retain(ctx context.Context) error {
	now := slo.MinuteOf(k.set.Clock())
	if now < k.retained+retainEvery {
		return nil
	}
	k.retained = now
	// A day more than the longest window, for clocks that are set back.
	before := now - slo.Minute((slo.MaxWindow+24*time.Hour)/time.Minute)
	if err := k.set.Store.Retain(ctx, before); err != nil {
		k.set.Committed(err)
		return errors.Join(errors.New("delete old minutes"), err)
	}
	k.Ledger().Forget(before)
	return nil
}

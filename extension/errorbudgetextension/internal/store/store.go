// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Store is an open database. One goroutine uses it at a time.
type Store struct {
	db     *sql.DB
	batch  uint64 // the last one that was committed
	series map[seriesKey]*seriesRow
}

type seriesKey = budget.SeriesID

// seriesRow is what a row of the table series holds, to spare writing it again.
type seriesRow struct {
	id          int64
	first, last slo.Minute
}

// LastBatch returns the number of the last batch that was committed, 0 before
// the first.
func (s *Store) LastBatch() uint64 { return s.batch }

// Commit makes a batch durable, as one transaction that is synced to disk. Number
// follows that of the batch before. After an error the same batch is given again
// with the same number: if it turns out to have been committed, it is not
// written twice.
func (s *Store) Commit(ctx context.Context, number uint64, b *budget.Batch) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a commit: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	w := &writer{ctx: ctx, tx: tx, known: s.series, changed: map[seriesKey]*seriesRow{}}
	last, err := w.lastBatch()
	if err != nil {
		return err
	}
	if last < number {
		if err := w.write(number, b); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	s.batch = number
	for key, row := range w.changed {
		s.series[key] = row
	}
	return nil
}

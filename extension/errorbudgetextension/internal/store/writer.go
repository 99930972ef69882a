// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// writer writes one batch in one transaction.
type writer struct {
	ctx   context.Context
	tx    *sql.Tx
	known map[seriesKey]*seriesRow
	// changed rows become known when the transaction is committed.
	changed map[seriesKey]*seriesRow
}

const (
	addCounts = `INSERT INTO counts (series, minute, good, bad, late) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET good = good + excluded.good, bad = bad + excluded.bad, late = late + excluded.late`
	addSight = `INSERT INTO sights (namespace, name, environment, instance, minute) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET minute = min(minute, excluded.minute)`
	addHeartbeat = `INSERT INTO heartbeats (instance, minute) VALUES (?, ?) ON CONFLICT DO NOTHING`
	addSeries    = `INSERT INTO series (namespace, name, environment, sli, definition, first_minute, last_minute)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET first_minute = min(first_minute, excluded.first_minute),
			last_minute = max(last_minute, excluded.last_minute)
		RETURNING id, first_minute, last_minute`
	setProgress = `UPDATE progress SET batch = ?, durable_through = max(durable_through, ?)`
)

func (w *writer) lastBatch() (uint64, error) {
	var last uint64
	if err := w.tx.QueryRowContext(w.ctx, "SELECT batch FROM progress").Scan(&last); err != nil {
		return 0, fmt.Errorf("read the progress: %w", err)
	}
	return last, nil
}

func (w *writer) write(number uint64, b *budget.Batch) error {
	if err := w.increments(b.Increments); err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	for _, s := range b.Sights {
		id := s.Service
		if _, err := w.tx.ExecContext(w.ctx, addSight, id.Namespace, id.Name, id.Environment, s.Instance, int64(s.Minute)); err != nil {
			return fmt.Errorf("write a sight of %s: %w", id, err)
		}
	}
	for _, h := range b.Heartbeats {
		if _, err := w.tx.ExecContext(w.ctx, addHeartbeat, h.Instance, int64(h.Minute)); err != nil {
			return fmt.Errorf("write a heartbeat: %w", err)
		}
	}
	if _, err := w.tx.ExecContext(w.ctx, setProgress, number, b.Until.UnixNano()); err != nil {
		return fmt.Errorf("write the progress: %w", err)
	}
	return nil
}

func (w *writer) increments(all []budget.Increment) error {
	if len(all) == 0 {
		return nil
	}
	add, err := w.tx.PrepareContext(w.ctx, addCounts)
	if err != nil {
		return err
	}
	defer add.Close()
	series, err := w.tx.PrepareContext(w.ctx, addSeries)
	if err != nil {
		return err
	}
	defer series.Close()
	for _, i := range all {
		row, err := w.row(series, i.Series, i.Minute)
		if err != nil {
			return fmt.Errorf("series %s of %s: %w", i.Series.Key.SLI, i.Series.Key.Service, err)
		}
		if i.Counts.IsZero() {
			continue
		}
		c := i.Counts
		if _, err := add.ExecContext(w.ctx, row.id, int64(i.Minute), int64(c.Good), int64(c.Bad), int64(c.Late)); err != nil {
			return err
		}
	}
	return nil
}

// row returns the row of a series that covers the minute, writing it by the
// prepared addSeries if need be.
func (w *writer) row(add *sql.Stmt, key seriesKey, minute slo.Minute) (*seriesRow, error) {
	row, ok := w.changed[key]
	if !ok {
		row, ok = w.known[key]
	}
	if ok && row.first <= minute && minute <= row.last {
		return row, nil
	}
	id := key.Key.Service
	row = &seriesRow{}
	err := add.QueryRowContext(w.ctx, id.Namespace, id.Name, id.Environment, key.Key.SLI, string(key.Definition),
		int64(minute), int64(minute)).Scan(&row.id, &row.first, &row.last)
	if err != nil {
		return nil, err
	}
	w.changed[key] = row
	return row, nil
}

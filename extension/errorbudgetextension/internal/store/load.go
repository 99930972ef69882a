// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Sink takes what a store holds.
type Sink interface {
	Increment(budget.Increment)
	Sight(budget.Sight)
	Heartbeat(budget.Heartbeat)
	Durable(time.Time)
}

// Load gives all that the store holds to a sink. A series comes first as two
// increments of nothing, of its first and of its last minute, then with its
// minutes in ascending order.
func (s *Store) Load(ctx context.Context, to Sink) error {
	ids, err := s.loadSeries(ctx, to)
	if err != nil {
		return fmt.Errorf("load the series: %w", err)
	}
	err = s.each(ctx, "SELECT series, minute, good, bad, late FROM counts ORDER BY series, minute", func(rows *sql.Rows) error {
		var id int64
		var i budget.Increment
		if err := rows.Scan(&id, &i.Minute, &i.Counts.Good, &i.Counts.Bad, &i.Counts.Late); err != nil {
			return err
		}
		i.Series = ids[id]
		to.Increment(i)
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the counts: %w", err)
	}
	err = s.each(ctx, "SELECT namespace, name, environment, instance, minute FROM sights", func(rows *sql.Rows) error {
		var v budget.Sight
		if err := rows.Scan(&v.Service.Namespace, &v.Service.Name, &v.Service.Environment, &v.Instance, &v.Minute); err != nil {
			return err
		}
		to.Sight(v)
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the sights: %w", err)
	}
	err = s.each(ctx, "SELECT instance, minute FROM heartbeats ORDER BY instance, minute", func(rows *sql.Rows) error {
		var h budget.Heartbeat
		if err := rows.Scan(&h.Instance, &h.Minute); err != nil {
			return err
		}
		to.Heartbeat(h)
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the heartbeats: %w", err)
	}
	return s.loadProgress(ctx, to)
}

func (s *Store) loadSeries(ctx context.Context, to Sink) (map[int64]seriesKey, error) {
	ids := map[int64]seriesKey{}
	const query = "SELECT id, namespace, name, environment, sli, definition, first_minute, last_minute FROM series"
	err := s.each(ctx, query, func(rows *sql.Rows) error {
		var row seriesRow
		var service slo.Service
		var key seriesKey
		if err := rows.Scan(&row.id, &service.Namespace, &service.Name, &service.Environment, &key.Key.SLI, &key.Definition, &row.first, &row.last); err != nil {
			return err
		}
		key.Key.Service = service
		s.series[key] = &row
		ids[row.id] = key
		to.Increment(budget.Increment{Series: key, Minute: row.first})
		to.Increment(budget.Increment{Series: key, Minute: row.last})
		return nil
	})
	return ids, err
}

func (s *Store) loadProgress(ctx context.Context, to Sink) error {
	var through int64
	if err := s.db.QueryRowContext(ctx, "SELECT durable_through FROM progress").Scan(&through); err != nil {
		return fmt.Errorf("load the progress: %w", err)
	}
	if through > 0 {
		to.Durable(time.Unix(0, through).UTC())
	}
	return nil
}

// each runs a query and visits its rows.
func (s *Store) each(ctx context.Context, query string, visit func(*sql.Rows) error) error {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"

	"github.com/sloe-dev/sloe/internal/slo"
)

// outdated deletes what no window reaches any more. A sight is kept as long as
// its service or its writer is heard of.
var outdated = []string{
	`DELETE FROM counts WHERE minute < ?1`,
	`DELETE FROM series WHERE last_minute < ?1`,
	`DELETE FROM heartbeats WHERE minute < ?1`,
	`DELETE FROM sights WHERE minute < ?1
		AND (NOT EXISTS (SELECT 1 FROM heartbeats h WHERE h.instance = sights.instance)
			OR NOT EXISTS (SELECT 1 FROM series s WHERE s.name = sights.name
				AND s.namespace = sights.namespace AND s.environment = sights.environment))`,
}

// Retain deletes what is older than a minute.
func (s *Store) Retain(ctx context.Context, before slo.Minute) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to delete old minutes: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, statement := range outdated {
		if _, err := tx.ExecContext(ctx, statement, int64(before)); err != nil {
			return fmt.Errorf("delete old minutes: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("delete old minutes: %w", err)
	}
	for key, row := range s.series {
		if row.last < before {
			delete(s.series, key)
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Minutes gives back the minutes of a series in [from, to) that hold counts. It
// waits for a commit that is on its way.
func (s *Store) Minutes(series budget.SeriesID, from, to slo.Minute, visit func(slo.Minute, budget.Counts)) error {
	const query = `SELECT minute, good, bad, late FROM counts
		WHERE series = (SELECT id FROM series WHERE name = ? AND namespace = ? AND environment = ? AND sli = ? AND definition = ?)
			AND minute >= ? AND minute < ? ORDER BY minute`
	id := series.Key.Service
	rows, err := s.db.QueryContext(context.Background(), query,
		id.Name, id.Namespace, id.Environment, series.Key.SLI, string(series.Definition), int64(from), int64(to))
	if err != nil {
		return fmt.Errorf("read minutes of %s of %s: %w", series.Key.SLI, id, err)
	}
	defer rows.Close()
	for rows.Next() {
		var minute slo.Minute
		var c budget.Counts
		if err := rows.Scan(&minute, &c.Good, &c.Bad, &c.Late); err != nil {
			return fmt.Errorf("read minutes of %s of %s: %w", series.Key.SLI, id, err)
		}
		visit(minute, c)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read minutes of %s of %s: %w", series.Key.SLI, id, err)
	}
	return nil
}

var _ budget.Archive = (*Store)(nil)

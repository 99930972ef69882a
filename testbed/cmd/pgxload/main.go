// SPDX-License-Identifier: Apache-2.0

// Command pgxload runs statements through pgx, in each of its ways to run one, on the
// server that the variables of libpq name.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

func main() {
	for _, mode := range modes {
		if err := run(context.Background(), mode); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", mode, err)
			os.Exit(1)
		}
	}
}

func run(ctx context.Context, mode pgx.QueryExecMode) (err error) {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return err
	}
	config.DefaultQueryExecMode = mode
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	for i := range 50 {
		var n int
		if err := c.QueryRow(ctx, "SELECT $1::int + 1", i).Scan(&n); err != nil {
			return fmt.Errorf("asking for %d: %w", i+1, err)
		}
		if n != i+1 {
			return fmt.Errorf("asking for %d: %d", i+1, n)
		}
	}
	if _, err := c.Exec(ctx, "SELECT 1 / $1::int", 0); err == nil {
		return errors.New("a division by zero succeeded")
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		return fmt.Errorf("beginning: %w", err)
	}
	for _, size := range []int{1, 5, 100} {
		b := &pgx.Batch{}
		for i := range size {
			b.Queue("SELECT $1::int", i)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("a batch of %d: %w", size, err)
		}
	}
	return tx.Commit(ctx)
}

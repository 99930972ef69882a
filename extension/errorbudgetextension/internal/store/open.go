// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite" // also registers the driver
	sqlite3 "modernc.org/sqlite/lib"
)

// FileName is the database's name inside the storage directory. The write-ahead
// log lies beside it, as FileName-wal.
const FileName = "budgets.db"

//go:embed schema.sql
var schema string

// schemaVersion is that of schema.sql, kept as the database's user_version.
const schemaVersion = 1

// pragmas hold for the one connection. The lock is exclusive and kept, so that
// no second collector counts into the same file; a commit returns after the
// write-ahead log is synced.
var pragmas = []string{"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}

// Open opens the store in a directory, which it creates with mode 0700 if it is
// missing. It fails if another process has the store open.
func Open(ctx context.Context, directory string) (*Store, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("create the storage directory: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(directory, FileName))
	if err != nil {
		return nil, fmt.Errorf("find the storage directory: %w", err)
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, series: map[seriesKey]*seriesRow{}}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, explain(err)), db.Close())
	}
	return s, nil
}

// Close gives the store up. Whatever Commit confirmed is safe without it.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// prepare brings the schema up to date and reads where the last run ended.
func (s *Store) prepare(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version == 0:
		if _, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion)); err != nil {
			return fmt.Errorf("create the schema: %w", err)
		}
	case version > schemaVersion:
		return fmt.Errorf("its schema is version %d, this program knows up to %d: use the newer program, or another directory", version, schemaVersion)
	}
	if err := tx.QueryRowContext(ctx, "SELECT batch FROM progress").Scan(&s.batch); err != nil {
		return fmt.Errorf("read the progress: %w", err)
	}
	return tx.Commit()
}

// explain adds what to do about errors that a person can mend.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another process has it open, each collector needs a directory of its own: %w", err)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged, move it away to start anew or restore it from a backup: %w", err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("the directory has to be writable: %w", err)
	}
	return err
}

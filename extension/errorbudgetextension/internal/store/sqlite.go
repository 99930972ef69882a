// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite" // also registers the driver
	sqlite3 "modernc.org/sqlite/lib"
)

// FileName is the database's name inside the storage directory. The write-ahead
// log lies beside it, as FileName-wal.
const FileName = "budgets.db"

// schemaVersion is kept as the database's user_version.
const schemaVersion = 2

// schema has one table. Who writes: Write and Replace, each in one transaction.
// A rowid table, as large values lie badly in an index.
const schema = `CREATE TABLE kept (key TEXT NOT NULL UNIQUE, value BLOB NOT NULL) STRICT;`

// pragmas hold for the one connection. The lock is exclusive and kept, so that
// no second collector counts into the same file; a commit returns after the
// write-ahead log is synced. The log is cut to its limit after a large fold.
var pragmas = []string{"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(16777216)"}

// sqliteValues are those in a database of our own.
type sqliteValues struct {
	path string
	db   *sql.DB
	mark *mark
}

// openSQLite opens the database in a directory. One that cannot be read at all
// is set aside, and said to be damaged.
func openSQLite(ctx context.Context, directory string) (*sqliteValues, []Damage, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, nil, fmt.Errorf("create the storage directory: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(directory, FileName))
	if err != nil {
		return nil, nil, fmt.Errorf("find the storage directory: %w", err)
	}
	if err := finishReplace(path); err != nil {
		return nil, nil, fmt.Errorf("finish the repair of %s: %w", path, err)
	}
	var found []Damage
	db, err := openDatabase(ctx, path)
	if isDamage(err) {
		aside, failed := setAside(path, time.Now())
		if failed != nil {
			return nil, nil, fmt.Errorf("set %s aside, which is damaged (%w): %w", path, err, failed)
		}
		found = append(found, Damage{What: "the database as a whole", Lost: true, Aside: aside, Err: err})
		db, err = openDatabase(ctx, path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, explain(err))
	}
	m, err := openMark(path + markSuffix)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	if len(found) > 0 {
		if err := m.write(progress{}); err != nil {
			return nil, nil, errors.Join(err, m.close(), db.Close())
		}
	}
	return &sqliteValues{path: path, db: db, mark: m}, found, nil
}

func openDatabase(ctx context.Context, path string) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := prepare(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prepare makes the table.
func prepare(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch version {
	case schemaVersion:
		// A schema that cannot be read shows here.
		if _, err := tx.ExecContext(ctx, "SELECT 1 FROM kept LIMIT 0"); err != nil {
			return errors.Join(errNoTable, err)
		}
	case 0:
		if _, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion)); err != nil {
			return fmt.Errorf("create the schema: %w", err)
		}
	default:
		return fmt.Errorf("its schema is version %d, this program knows version %d: use the program that wrote it, or another directory", version, schemaVersion)
	}
	return tx.Commit()
}

var errNoTable = errors.New("its table is not there")

func (v *sqliteValues) Get(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := v.db.QueryRowContext(ctx, "SELECT value FROM kept WHERE key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, err
}

func (v *sqliteValues) Write(ctx context.Context, changes []Change) error {
	return write(ctx, v.db, func(put func(Change) error) error {
		for _, c := range changes {
			if err := put(c); err != nil {
				return err
			}
		}
		return nil
	})
}

func write(ctx context.Context, db *sql.DB, fill func(put func(Change) error) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	err = fill(func(c Change) error {
		statement, args := "INSERT INTO kept (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", []any{c.Key, c.Value}
		if c.Value == nil {
			statement, args = "DELETE FROM kept WHERE key = ?", []any{c.Key}
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("write %s: %w", c.Key, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return tx.Commit()
}

func (v *sqliteValues) Close(context.Context) error { return errors.Join(v.db.Close(), v.mark.close()) }

func (v *sqliteValues) Mark(p progress) error { return v.mark.write(p) }

func (v *sqliteValues) Marked() progress { return v.mark.read() }

// Sound has SQLite look at the structure of its pages.
func (v *sqliteValues) Sound(ctx context.Context) error {
	rows, err := v.db.QueryContext(ctx, "PRAGMA quick_check(3)")
	if err != nil {
		return err
	}
	defer rows.Close()
	var faults []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			faults = append(faults, strings.Join(strings.Fields(line), " "))
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}

// Scan reads the table from both ends, past its index: a damaged page stops each.
func (v *sqliteValues) Scan(ctx context.Context, visit func(key string, value []byte)) {
	for _, order := range []string{"ASC", "DESC"} {
		rows, err := v.db.QueryContext(ctx, "SELECT key, value FROM kept NOT INDEXED ORDER BY rowid "+order)
		if err != nil {
			continue
		}
		for rows.Next() {
			var key string
			var value []byte
			if rows.Scan(&key, &value) == nil {
				visit(key, value)
			}
		}
		whole := rows.Err() == nil
		_ = rows.Close() // nothing was written
		if whole {
			return
		}
	}
}

// isDamage tells whether an error says that the file is no sound database.
func isDamage(err error) bool {
	if errors.Is(err, errNoTable) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff // the primary code
	return code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_CORRUPT
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
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("the directory has to be writable: %w", err)
	}
	return err
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Names of files beside the database.
const (
	newSuffix = ".new" // a repaired one, until it takes the place
	walSuffix = "-wal"
)

// asideName is the name of a damaged database.
func asideName(path string, at time.Time) string {
	return path + ".damaged-" + at.UTC().Format("20060102T150405.000Z")
}

// Replace writes the new database beside the old one, and then renames both. A
// crash leaves the old one, or what finishReplace completes.
func (v *sqliteValues) Replace(ctx context.Context, at time.Time, set []Change, keep func(put func(Change) error) error) (string, error) {
	if err := removeDatabase(v.path + newSuffix); err != nil {
		return "", err
	}
	fresh, err := openDatabase(ctx, v.path+newSuffix)
	if err != nil {
		return "", err
	}
	err = write(ctx, fresh, func(put func(Change) error) error {
		for _, c := range set {
			if err := put(c); err != nil {
				return err
			}
		}
		return keep(put)
	})
	// Closing moves all from the log into the file, and syncs it.
	if err := errors.Join(err, fresh.Close()); err != nil {
		return "", err
	}
	// SQLite removes the log when it closes the old one: kept as it was found.
	aside := asideName(v.path, at)
	if err := copyIfThere(v.path+walSuffix, aside+walSuffix); err != nil {
		return "", err
	}
	_ = v.db.Close() // a damaged database may fail to
	if err := os.Rename(v.path, aside); err != nil {
		return "", err
	}
	if err := finishReplace(v.path); err != nil {
		return "", err
	}
	v.db, err = openDatabase(ctx, v.path)
	return aside, err
}

// finishReplace puts a repaired database in its place if the old one has left
// it, and removes one that was not finished.
func finishReplace(path string) error {
	_, err := os.Stat(path)
	if err == nil {
		return removeDatabase(path + newSuffix)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(path + newSuffix); err != nil {
		return nil // a new store
	}
	// The log of the old one would be taken for that of the new one.
	if err := removeIfThere(path + walSuffix); err != nil {
		return err
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return err
	}
	return syncDirectory(path)
}

// setAside renames a database that cannot be opened, with its log.
func setAside(path string, at time.Time) (string, error) {
	aside := asideName(path, at)
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	if err := os.Rename(path+walSuffix, aside+walSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return aside, syncDirectory(path)
}

func removeDatabase(path string) error {
	return errors.Join(removeIfThere(path), removeIfThere(path+walSuffix))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func copyIfThere(from, to string) error {
	source, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// syncDirectory makes renames beside a file durable.
func syncDirectory(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// SPDX-License-Identifier: Apache-2.0

package auditlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Names of the files in the log's directory.
const (
	FileName     = "audit.log"
	headFileName = "audit.head"
)

// Head names the last record.
type Head struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
}

// readHead returns the head on disk, that of an empty log if there is none.
func readHead(dir string) (Head, error) {
	data, err := os.ReadFile(filepath.Join(dir, headFileName))
	if errors.Is(err, fs.ErrNotExist) {
		return Head{Hash: firstPrev}, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("read the head of the audit log: %w", err)
	}
	var h Head
	if err := json.Unmarshal(data, &h); err != nil {
		return Head{}, fmt.Errorf("read the head of the audit log: %w", err)
	}
	return h, nil
}

// writeHead replaces the head, so that a crash leaves the old one or the new.
func writeHead(dir string, h Head) error {
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("write the head of the audit log: %w", err)
	}
	path := filepath.Join(dir, headFileName)
	if err := writeSynced(path+".new", data); err != nil {
		return fmt.Errorf("write the head of the audit log: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write the head of the audit log: %w", err)
	}
	return syncDir(dir)
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the directory of the audit log: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// markSuffix names the mark beside the database.
const markSuffix = "-mark"

// mark says how far commits went, outside of the database. SQLite takes a write-
// ahead log that is damaged in its middle for one that ends there: the commits
// behind it vanish, and the database looks sound. The mark is behind the
// database, if anything, never ahead of it: it is written after the commit, and
// not synced. If it is ahead, commits are missing.
type mark struct {
	file *os.File
}

const markBytes = 8 + 8 + crc32.Size

func openMark(path string) (*mark, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the mark of the last commit: %w", err)
	}
	return &mark{file: file}, nil
}

func (m *mark) write(p progress) error {
	raw := binary.LittleEndian.AppendUint64(nil, p.Batch)
	raw = binary.LittleEndian.AppendUint64(raw, uint64(p.Until))
	raw = binary.LittleEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	if _, err := m.file.WriteAt(raw, 0); err != nil {
		return fmt.Errorf("mark the last commit: %w", err)
	}
	return nil
}

// read returns what was marked, nothing if it is damaged: it is no more than a
// second witness.
func (m *mark) read() progress {
	raw := make([]byte, markBytes)
	if n, err := m.file.ReadAt(raw, 0); n < markBytes || err != nil && err != io.EOF {
		return progress{}
	}
	if crc32.ChecksumIEEE(raw[:16]) != binary.LittleEndian.Uint32(raw[16:]) {
		return progress{}
	}
	return progress{Batch: binary.LittleEndian.Uint64(raw), Until: int64(binary.LittleEndian.Uint64(raw[8:]))}
}

func (m *mark) close() error { return m.file.Close() }

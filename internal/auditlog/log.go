// SPDX-License-Identifier: Apache-2.0

package auditlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Log is an open audit log. Its methods may be called from any goroutine.
type Log struct {
	dir string

	mu     sync.Mutex
	file   *os.File
	head   Head
	broken error // a write that may have left half a record
}

// Opened says what Open found.
type Opened struct {
	// Records are those of the log, if it is sound.
	Records []Record
	// SetAside names the file that a log with faults was moved to, empty if it
	// was sound, and Faults says what was wrong.
	SetAside string
	Faults   []string
}

// Open opens the log in a directory, or begins one. A record that a crash tore
// is dropped: nobody was told that it is written. A log with other faults is set
// aside unchanged, as evidence, and another one begins, whose first record says
// so: what such a log allows is allowed no more.
func Open(dir string, now time.Time) (*Log, Opened, error) {
	var opened Opened
	report, err := Verify(dir, func(r Record) { opened.Records = append(opened.Records, r) })
	if err != nil {
		return nil, Opened{}, err
	}
	path := filepath.Join(dir, FileName)
	if len(report.Faults) > 0 {
		opened = Opened{Faults: report.Faults, SetAside: fmt.Sprintf("%s.broken-%s", path, now.UTC().Format("20060102T150405.000000000Z"))}
		if err := os.Rename(path, opened.SetAside); err != nil && !os.IsNotExist(err) {
			return nil, Opened{}, fmt.Errorf("set the broken audit log aside: %w", err)
		}
		report = Report{Head: Head{Hash: firstPrev}}
		if err := writeHead(dir, report.Head); err != nil {
			return nil, Opened{}, err
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, Opened{}, fmt.Errorf("open the audit log: %w", err)
	}
	l := &Log{dir: dir, file: f, head: report.Head}
	if err := errors.Join(f.Truncate(report.size), f.Sync(), syncDir(dir)); err != nil {
		return nil, Opened{}, errors.Join(fmt.Errorf("open the audit log: %w", err), f.Close())
	}
	if _, err := f.Seek(report.size, 0); err != nil {
		return nil, Opened{}, errors.Join(fmt.Errorf("open the audit log: %w", err), f.Close())
	}
	if opened.SetAside != "" {
		record, err := l.Append(now, "log_begun_anew", "the collector", map[string]any{"set_aside": filepath.Base(opened.SetAside), "faults": opened.Faults})
		if err != nil {
			return nil, Opened{}, errors.Join(err, f.Close())
		}
		opened.Records = []Record{record}
	}
	return l, opened, nil
}

// Append adds a record. When it returns without an error, the record is on disk.
// After an error that may have left half a record nothing is added until the log
// was opened again.
func (l *Log) Append(now time.Time, event, actor string, data any) (Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return Record{}, l.broken
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return Record{}, fmt.Errorf("write an audit record: %w", err)
	}
	r := Record{Seq: l.head.Seq + 1, Time: now.UTC(), Event: event, Actor: actor, Data: raw, Prev: l.head.Hash}
	line, err := r.line()
	if err != nil {
		return Record{}, err
	}
	_, err = l.file.Write(line)
	if err = errors.Join(err, l.file.Sync()); err != nil {
		l.broken = fmt.Errorf("write an audit record: %w", err)
		return Record{}, l.broken
	}
	head := Head{Seq: r.Seq, Hash: r.Hash}
	if err := writeHead(l.dir, head); err != nil {
		l.broken = err
		return Record{}, err
	}
	l.head = head
	return r, nil
}

// Read returns at most limit records that come after a sequence number.
func (l *Log) Read(after uint64, limit int) ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []Record{}
	_, err := Verify(l.dir, func(r Record) {
		if r.Seq > after && len(out) < limit {
			out = append(out, r)
		}
	})
	return out, err
}

// Close gives the file up.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

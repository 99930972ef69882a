// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// CatalogueFile is a Catalogue that follows a file. It starts no goroutine: its
// owner calls Refresh every few seconds. A file that went bad leaves the last
// good catalogue in place.
type CatalogueFile struct {
	path    string
	current atomic.Pointer[generation]

	mu       sync.Mutex // guards what follows: one Refresh at a time
	seen     fileVersion
	settling fileVersion // a version that is not read yet
	err      error       // of the version seen
}

// generation pairs a snapshot with its number, so that both change at once.
type generation struct {
	snapshot *Snapshot
	number   uint64
}

// fileVersion tells one state of a file from the next without reading it.
type fileVersion struct {
	modified time.Time
	size     int64
}

// OpenCatalogueFile loads the catalogue at path. An empty path is the catalogue
// that lists nothing.
func OpenCatalogueFile(path string) (*CatalogueFile, error) {
	c := &CatalogueFile{path: path}
	snapshot := DefaultCatalogue()
	if path != "" {
		version, err := versionOf(path)
		if err != nil {
			return nil, err
		}
		if snapshot, err = LoadCatalogue(path); err != nil {
			return nil, err
		}
		c.seen = version
	}
	c.current.Store(&generation{snapshot: snapshot, number: 1})
	return c, nil
}

// Refresh loads the file again if it changed. A change is loaded when two looks
// in a row saw it the same, as a file that is being written is a shorter
// catalogue. It tells whether a new catalogue is in force. The error is what is
// wrong with the file now; it is returned again until the file is mended.
func (c *CatalogueFile) Refresh() (bool, error) {
	if c.path == "" {
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	version, err := versionOf(c.path)
	if err != nil {
		c.seen, c.err = fileVersion{}, err // whatever comes back is to be read
		return false, err
	}
	if version == c.seen {
		return false, c.err
	}
	if version != c.settling {
		c.settling = version
		return false, c.err
	}
	c.seen = version
	snapshot, err := LoadCatalogue(c.path)
	c.err = err
	if err != nil {
		return false, err
	}
	c.current.Store(&generation{snapshot: snapshot, number: c.Generation() + 1})
	return true, nil
}

// Lookup is that of the catalogue in force.
func (c *CatalogueFile) Lookup(s Service) Entry { return c.current.Load().snapshot.Lookup(s) }

// Thresholds are those of the catalogue in force.
func (c *CatalogueFile) Thresholds() []time.Duration { return c.current.Load().snapshot.Thresholds() }

// Generation counts the catalogues that were in force, from 1.
func (c *CatalogueFile) Generation() uint64 { return c.current.Load().number }

// Snapshot returns the catalogue in force: answers that have to agree with each
// other are taken from one snapshot.
func (c *CatalogueFile) Snapshot() *Snapshot { return c.current.Load().snapshot }

func versionOf(path string) (fileVersion, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileVersion{}, fmt.Errorf("read catalogue: %w", err)
	}
	return fileVersion{modified: info.ModTime(), size: info.Size()}, nil
}

var _ Catalogue = (*CatalogueFile)(nil)

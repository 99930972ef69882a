// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// CatalogueFile is a Catalogue that follows files and directories. It starts no
// goroutine: its owner calls Refresh every few seconds. A file that went bad
// leaves the last good catalogue in place, of all files.
type CatalogueFile struct {
	paths   []string
	current atomic.Pointer[generation]

	mu       sync.Mutex    // guards what follows: one Refresh at a time
	seen     []fileVersion // the files in force, or that were read and are bad
	settling []fileVersion // a version that is not read yet
	err      error         // of the version seen
}

// generation pairs a snapshot with its number, so that both change at once.
type generation struct {
	snapshot *Snapshot
	number   uint64
}

// OpenCatalogueFile loads the catalogue of LoadCatalogue.
func OpenCatalogueFile(paths ...string) (*CatalogueFile, error) {
	files, err := catalogueFiles(paths)
	if err != nil {
		return nil, err
	}
	snapshot, err := loadFiles(files)
	if err != nil {
		return nil, err
	}
	c := &CatalogueFile{paths: slices.Clone(paths), seen: files}
	c.current.Store(&generation{snapshot: snapshot, number: 1})
	return c, nil
}

// Refresh loads the files again if one of them changed, came or went. A change is
// loaded when two looks in a row saw it the same, as a file that is being written
// is a shorter catalogue. It tells whether a new catalogue is in force. The error
// is what is wrong with the files now; it is returned again until they are
// mended.
func (c *CatalogueFile) Refresh() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	files, err := catalogueFiles(c.paths)
	if err != nil {
		c.seen, c.err = nil, err // whatever comes back is to be read
		return false, err
	}
	if slices.Equal(files, c.seen) {
		return false, c.err
	}
	if !slices.Equal(files, c.settling) {
		c.settling = files
		return false, c.err
	}
	c.seen = files
	snapshot, err := loadFiles(files)
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

var _ Catalogue = (*CatalogueFile)(nil)

// SPDX-License-Identifier: Apache-2.0

package maintenance

import (
	"fmt"
	"os"
	"time"
)

// File follows a file of exclusions. It starts no goroutine and is for one: its
// owner calls Refresh every few seconds. A file that went bad leaves the last
// good plan in place.
type File struct {
	path     string
	plan     *Plan
	seen     version
	settling version // a version that is not read yet
	err      error   // of the version seen
}

// version tells one state of a file from the next without reading it.
type version struct {
	modified time.Time
	size     int64
}

// Open reads the file at a path. The empty path is the plan that excludes
// nothing.
func Open(path string) (*File, error) {
	f := &File{path: path, plan: &Plan{}}
	if path == "" {
		return f, nil
	}
	seen, err := versionOf(path)
	if err != nil {
		return nil, err
	}
	if f.plan, err = Load(path); err != nil {
		return nil, err
	}
	f.seen = seen
	return f, nil
}

// Plan returns the plan in force.
func (f *File) Plan() *Plan { return f.plan }

// Refresh reads the file again if it changed, and two looks in a row saw it the
// same. It tells whether a new plan is in force. The error is what is wrong with
// the file now, until it is mended.
func (f *File) Refresh() (bool, error) {
	if f.path == "" {
		return false, nil
	}
	now, err := versionOf(f.path)
	if err != nil {
		f.seen, f.err = version{}, err
		return false, err
	}
	if now == f.seen {
		return false, f.err
	}
	if now != f.settling {
		f.settling = now
		return false, f.err
	}
	f.seen = now
	plan, err := Load(f.path)
	f.err = err
	if err != nil {
		return false, err
	}
	f.plan = plan
	return true, nil
}

func versionOf(path string) (version, error) {
	info, err := os.Stat(path)
	if err != nil {
		return version{}, fmt.Errorf("read the exclusions: %w", err)
	}
	return version{modified: info.ModTime(), size: info.Size()}, nil
}

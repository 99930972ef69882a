// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"go.opentelemetry.io/collector/confmap"
)

// maxFile bounds what is read of a file of lists, in bytes.
const maxFile = 1 << 20

// File is a file of lists that is looked at for changes. It is for one goroutine.
type File struct {
	Path string
	last []byte
}

// Read returns the lists in the file, and whether it changed since the last Read.
// An error is returned until the file is mended; one that is empty or has neither
// list leaves nothing out.
func (f *File) Read() (lists *Lists, changed bool, err error) {
	b, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, false, fmt.Errorf("read the process lists: %w", err)
	}
	if len(b) > maxFile {
		return nil, false, fmt.Errorf("read the process lists: %s has %d bytes, more than %d", f.Path, len(b), maxFile)
	}
	if f.last != nil && bytes.Equal(b, f.last) {
		return nil, false, nil
	}
	lists, err = parseLists(b)
	if err != nil {
		return nil, false, fmt.Errorf("read the process lists of %s: %w", f.Path, err)
	}
	f.last = append([]byte{}, b...)
	return lists, true, nil
}

func parseLists(b []byte) (*Lists, error) {
	retrieved, err := confmap.NewRetrievedFromYAML(b)
	if err != nil {
		return nil, err
	}
	raw, err := retrieved.AsRaw()
	if err != nil {
		return nil, err
	}
	var lists Lists
	if raw == nil {
		return &lists, nil
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		return nil, errors.New("it must be a map with `include` and `exclude`")
	}
	if err := conf.Unmarshal(&lists); err != nil {
		return nil, err
	}
	return &lists, lists.Check()
}

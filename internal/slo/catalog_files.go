// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxCatalogueBytes bounds the files of a catalogue together: 10,000 services
// take about 2 MiB.
const maxCatalogueBytes = 32 << 20

// fileVersion tells one state of a file from the next without reading it.
type fileVersion struct {
	path     string
	modified time.Time
	size     int64
}

// LoadCatalogue reads a catalogue from files and from directories, of which every
// .yaml and .yml file counts that is not hidden; directories in them are left
// out. Without a path it is the catalogue that lists nothing.
func LoadCatalogue(paths ...string) (*Snapshot, error) {
	files, err := catalogueFiles(paths)
	if err != nil {
		return nil, err
	}
	return loadFiles(files)
}

func loadFiles(files []fileVersion) (*Snapshot, error) {
	var total int64
	var sources []Source
	for _, f := range files {
		if f.size == 0 {
			return nil, fmt.Errorf("read catalogue: %s is empty; a catalogue that lists nothing says `services: []`", f.path)
		}
		if total += f.size; total > maxCatalogueBytes {
			return nil, fmt.Errorf("read catalogue: with %s it has %d bytes, at most %d are read", f.path, total, maxCatalogueBytes)
		}
		data, err := os.ReadFile(f.path)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		sources = append(sources, Source{Name: f.path, Data: data})
	}
	return ParseCatalogues(sources)
}

// catalogueFiles returns the files that paths stand for, in their order, those of
// a directory by name. A file that is reached twice counts once.
func catalogueFiles(paths []string) ([]fileVersion, error) {
	var files []fileVersion
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		found := []string{path}
		if info.IsDir() {
			if found, err = yamlFilesIn(path); err != nil {
				return nil, err
			}
		}
		for _, file := range found {
			info, err := os.Stat(file)
			if err != nil {
				return nil, fmt.Errorf("read catalogue: %w", err)
			}
			again := slices.ContainsFunc(files, func(f fileVersion) bool { return filepath.Clean(f.path) == filepath.Clean(file) })
			if !info.IsDir() && !again {
				files = append(files, fileVersion{path: file, modified: info.ModTime(), size: info.Size()})
			}
		}
	}
	return files, nil
}

// yamlFilesIn returns the files of a directory that belong to a catalogue. Hidden
// ones are an editor's, or what a mounted ConfigMap keeps its files in.
func yamlFilesIn(directory string) ([]string, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	var files []string
	for _, e := range entries {
		extension := filepath.Ext(e.Name())
		if !strings.HasPrefix(e.Name(), ".") && (extension == ".yaml" || extension == ".yml") {
			files = append(files, filepath.Join(directory, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("read catalogue: %s holds no .yaml file; a catalogue that lists nothing says `services: []`", directory)
	}
	return files, nil
}

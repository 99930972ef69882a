// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// figures are all that was measured.
type figures struct {
	Taken     string     `json:"taken"`
	Kernel    string     `json:"kernel"`
	CPU       string     `json:"cpu"`
	Workloads []measured `json:"workloads"`
	Agents    []agent    `json:"agents"`
}

// measured is one workload.
type measured struct {
	Workload     string  `json:"workload"`
	Turn         string  `json:"turn"`
	Cycles       int     `json:"cycles"`
	SliceSeconds float64 `json:"slice_seconds"`
	// Samples are CPU nanoseconds a turn by mode, paired by their place.
	Samples map[string][]float64 `json:"samples"`
	// Hooks by mode.
	Hooks map[string][]hook `json:"hooks"`
}

func readFigures(name string) (*figures, error) {
	f := &figures{}
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, f)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the figures: %w", err)
	}
	return f, nil
}

func (f *figures) write(name string) error {
	raw, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	// a line a list of numbers
	raw = regexp.MustCompile(`\[[-0-9.e,\s]+\]`).ReplaceAllFunc(raw, func(list []byte) []byte {
		return bytes.Join(bytes.Fields(list), nil)
	})
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, append(raw, '\n'), 0o644)
}

// put replaces the figures of a workload, in the order of the report.
func (f *figures) put(m measured) {
	var out []measured
	for i := range workloads {
		if workloads[i].name == m.Workload {
			out = append(out, m)
			continue
		}
		for _, have := range f.Workloads {
			if have.Workload == workloads[i].name {
				out = append(out, have)
			}
		}
	}
	f.Workloads = out
}

// stamp says where and when.
func (f *figures) stamp() {
	f.Taken = time.Now().UTC().Format(time.DateOnly)
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		f.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			f.CPU = strings.TrimSpace(value)
			break
		}
	}
}

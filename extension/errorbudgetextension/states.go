// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
)

// statesFile holds, beside the audit log, the states of services that recover
// slowly.
const statesFile = "states.json"

// recallStates reads the states that were in force before the start. A file that
// cannot be read is no reason not to start: the plain states are in force then.
func (e *budgetExtension) recallStates() {
	var held []policy.Held
	if directory := e.auditDirectory(); directory != "" {
		data, err := os.ReadFile(filepath.Join(directory, statesFile))
		if err == nil {
			err = json.Unmarshal(data, &held)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			e.set.Logger.Error("The states that services recover from cannot be read; the plain ones are in force.", zap.Error(err))
			held = nil
		}
	}
	e.assessor.Memory = policy.NewMemory(held)
}

// keepStates looks at every service, so that the time in which a budget permits
// a better state is known whether somebody asks or not, and writes changes down.
func (e *budgetExtension) keepStates() {
	for _, entry := range e.catalogue.Snapshot().Entries() {
		if entry.Policy.Dwell > 0 || entry.Policy.Hysteresis.Num > 0 {
			e.assessor.Each(assess.Query{Name: entry.Service.Name})
		}
	}
	held, changed := e.assessor.Memory.Changes()
	directory := e.auditDirectory()
	if !changed || directory == "" {
		return
	}
	if err := writeStates(directory, held); err != nil {
		e.set.Logger.Error("The states that services recover from cannot be written; a restart forgets them.", zap.Error(err))
	}
}

// writeStates replaces the file, so that a crash leaves the old one or the new.
func writeStates(directory string, held []policy.Held) error {
	data, err := json.Marshal(held)
	if err != nil {
		return fmt.Errorf("write the states of services: %w", err)
	}
	path := filepath.Join(directory, statesFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("write the states of services: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write the states of services: %w", err)
	}
	return nil
}

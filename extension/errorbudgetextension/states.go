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
	"github.com/sloe-dev/sloe/internal/slo"
)

// statesFile holds, beside the audit log, the states of services that recover
// slowly.
const statesFile = "states.json"

// standingsFile holds, beside it, since when services are in their states.
const standingsFile = "standings.json"

// recallStates reads the states that were in force before the start. A file that
// cannot be read is no reason not to start: the plain states are in force then.
func (e *budgetExtension) recallStates() {
	var held []policy.Held
	if err := e.recall(statesFile, &held); err != nil {
		e.set.Logger.Error("The states that services recover from cannot be read; the plain ones are in force.", zap.Error(err))
		held = nil
	}
	e.assessor.Memory = policy.NewMemory(held)
	var standings []policy.Standing
	if err := e.recall(standingsFile, &standings); err != nil {
		e.set.Logger.Error("Since when services are in their states cannot be read; it is told from now on.", zap.Error(err))
		standings = nil
	}
	e.assessor.Standings = policy.NewStandings(standings)
}

// recall reads what keep wrote. If nothing was, into stays as it is.
func (e *budgetExtension) recall(file string, into any) error {
	directory := e.auditDirectory()
	if directory == "" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(directory, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// keepStates looks at every service, so that the time in which a budget permits
// a better state, and the time since when it is in its state, are known whether
// somebody asks or not, and writes changes down. Beside, if it is not nil, is called
// for each.
func (e *budgetExtension) keepStates(beside func()) {
	known := map[slo.Service]bool{}
	for a := range e.assessor.All(assess.Query{}) {
		known[a.Service] = true
		if beside != nil {
			beside()
		}
	}
	e.assessor.Standings.Keep(func(s slo.Service) bool { return known[s] })
	directory := e.auditDirectory()
	if directory == "" {
		return
	}
	if held, changed := e.assessor.Memory.Changes(); changed {
		if err := keep(directory, statesFile, held); err != nil {
			e.set.Logger.Error("The states that services recover from cannot be written; a restart forgets them.", zap.Error(err))
		}
	}
	if standings, changed := e.assessor.Standings.Changes(); changed {
		if err := keep(directory, standingsFile, standings); err != nil {
			e.set.Logger.Error("Since when services are in their states cannot be written; a restart forgets it.", zap.Error(err))
		}
	}
}

// keep replaces a file, so that a crash leaves the old one or the new.
func keep(directory, file string, what any) error {
	data, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	path := filepath.Join(directory, file)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/filter"
)

// ProcessesConfig says whose requests are counted: those of all processes, unless
// there are lists.
type ProcessesConfig struct {
	filter.Lists `mapstructure:",squash"`
	// File holds the lists instead, and is looked at for changes: they are put in
	// force without detaching anything.
	File string `mapstructure:"file"`
	// ReloadInterval is how often File is looked at.
	ReloadInterval time.Duration `mapstructure:"reload_interval"`
	// PodLogs is the directory whose folders tell the names of this host's pods;
	// empty, only what processes say of themselves does.
	PodLogs string `mapstructure:"pod_logs"`

	// prevent unkeyed literal initialization
	_ struct{}
}

const (
	defaultReloadInterval = 5 * time.Second
	minReloadInterval     = 100 * time.Millisecond
	maxReloadInterval     = time.Hour
	defaultPodLogs        = "/var/log/pods"
)

func defaultProcesses() ProcessesConfig {
	return ProcessesConfig{ReloadInterval: defaultReloadInterval, PodLogs: defaultPodLogs}
}

// Validate checks what is said of processes.
func (c *ProcessesConfig) Validate() error {
	var errs []error
	if c.File != "" && !c.Empty() {
		errs = append(errs, errors.New("`file` holds the lists: give either it or `include` and `exclude`"))
	}
	if c.ReloadInterval < minReloadInterval || c.ReloadInterval > maxReloadInterval {
		errs = append(errs, fmt.Errorf("`reload_interval` is %s: it must be from %s to %s", c.ReloadInterval, minReloadInterval, maxReloadInterval))
	}
	return errors.Join(append(errs, c.Check())...)
}

// filters tells whether there are lists.
func (c *ProcessesConfig) filters() bool { return c.File != "" || !c.Empty() }

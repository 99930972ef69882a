// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"fmt"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
)

// MetricsConfig says how the duration histograms are written.
type MetricsConfig struct {
	// Names are those of metrics and attributes: stable, legacy or both.
	Names string `mapstructure:"names"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// What metrics.names may be.
const (
	namesStable = "stable"
	namesLegacy = "legacy"
	namesBoth   = "both"
)

func (c *MetricsConfig) validate() []error {
	switch c.Names {
	case namesStable, namesLegacy, namesBoth:
		return nil
	}
	return []error{fmt.Errorf("metrics::names: %q is not one of %s, %s, %s", c.Names, namesStable, namesLegacy, namesBoth)}
}

// names returns the same as the histograms take it.
func (c *MetricsConfig) names() histograms.Names {
	switch c.Names {
	case namesLegacy:
		return histograms.Legacy
	case namesBoth:
		return histograms.Both
	}
	return histograms.Stable
}

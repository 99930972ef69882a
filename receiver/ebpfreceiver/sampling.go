// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"fmt"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
)

// SamplingConfig says which requests become spans.
type SamplingConfig struct {
	// Ratio is the share of requests that become spans, from 0 to 1.
	Ratio float64 `mapstructure:"ratio"`
	// MaxPerSecond bounds the spans of one process; 0: no bound.
	MaxPerSecond int `mapstructure:"max_per_second"`
	// Always names what becomes a span whatever ratio and bound say: errors, slow.
	Always []string `mapstructure:"always"`
	// Slow is the time from which a request is slow: if it took longer.
	Slow time.Duration `mapstructure:"slow"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// What sampling.always may name.
const (
	alwaysErrors = "errors"
	alwaysSlow   = "slow"
)

// maxSpansPerSecond of one process is more than a core can send.
const maxSpansPerSecond = 1_000_000

func (c *SamplingConfig) validate() []error {
	var errs []error
	if !(c.Ratio >= 0 && c.Ratio <= 1) { // nor NaN
		errs = append(errs, fmt.Errorf("sampling::ratio: %v is not from 0 to 1", c.Ratio))
	}
	if c.MaxPerSecond < 0 || c.MaxPerSecond > maxSpansPerSecond {
		errs = append(errs, fmt.Errorf("sampling::max_per_second: %d is not from 0 (no bound) to %d", c.MaxPerSecond, maxSpansPerSecond))
	}
	for i, what := range c.Always {
		if what != alwaysErrors && what != alwaysSlow {
			errs = append(errs, fmt.Errorf("sampling::always[%d]: %q is neither %s nor %s", i, what, alwaysErrors, alwaysSlow))
		}
	}
	if c.Slow <= 0 {
		errs = append(errs, fmt.Errorf("sampling::slow: %s is not positive", c.Slow))
	}
	return errs
}

// capture returns the same as the kernel takes it.
func (c *SamplingConfig) capture() capture.Sampling {
	s := capture.Sampling{Ratio: c.Ratio, MaxPerSecond: c.MaxPerSecond, AlwaysErrors: slices.Contains(c.Always, alwaysErrors)}
	if slices.Contains(c.Always, alwaysSlow) {
		s.AlwaysSlower = c.Slow
	}
	return s
}

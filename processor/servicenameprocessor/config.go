// SPDX-License-Identifier: Apache-2.0

package servicenameprocessor

import (
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/component"

	"github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/naming"
)

// Config of the processor.
type Config struct {
	// Map holds names given by hand, each as executable=name or
	// executable:path=name. An element may hold several, separated by commas, as
	// an environment variable does.
	Map []string `mapstructure:"map"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var _ component.Config = (*Config)(nil)

// Validate reports every entry that is wrong, at its key.
func (c *Config) Validate() error {
	_, err := c.byHand()
	return err
}

// byHand parses the map. Empty elements are left out: an environment variable
// may be unset, or end in a comma.
func (c *Config) byHand() (naming.Map, error) {
	var rules naming.Map
	var errs []error
	for i, element := range c.Map {
		for text := range strings.SplitSeq(element, ",") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			rule, err := naming.ParseMapRule(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("map[%d]: %w", i, err))
				continue
			}
			rules = append(rules, rule)
		}
	}
	return rules, errors.Join(errs...)
}

// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/custom"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Config of the connector.
type Config struct {
	// ErrorBudget names the extension that is told of every count and that owns
	// the catalogue. Unset: the sole extension that can be one, if there is
	// exactly one. The value none: no extension, even if there is one.
	ErrorBudget *component.ID `mapstructure:"error_budget"`
	// Catalogue holds the paths of a catalogue, files and directories, for a
	// collector without the extension. Unset, and without the extension, tier3's
	// defaults hold for all.
	Catalogue []string `mapstructure:"catalogue"`
	// Indicators are the built-in indicators to count.
	Indicators []string `mapstructure:"indicators"`
	// SLIs are indicators of one's own, by name.
	SLIs map[string]SLIConfig `mapstructure:"slis"`
	// MetricsFlushInterval is the time between two exports of sli.events.
	MetricsFlushInterval time.Duration `mapstructure:"metrics_flush_interval"`
	// MaxServices bounds the services that are counted.
	MaxServices int `mapstructure:"max_services"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// SLIConfig is an indicator of one's own.
type SLIConfig struct {
	// Spans selects the events among spans.
	Spans ConditionsConfig `mapstructure:"spans"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ConditionsConfig holds OTTL conditions with path contexts. All conditions of a
// list must hold.
type ConditionsConfig struct {
	// Valid selects the events that count. Empty selects every span.
	Valid []string `mapstructure:"valid"`
	// Good selects the good ones among them.
	Good []string `mapstructure:"good"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Defaults and bounds.
const (
	defaultMetricsFlushInterval = 15 * time.Second
	defaultMaxServices          = 10_000
	// minMetricsFlushInterval keeps a typing error such as 15 (nanoseconds) out.
	minMetricsFlushInterval = 100 * time.Millisecond
	// maxServices bounds the memory: a service takes about 1 KiB.
	maxServices = 1_000_000
)

// noErrorBudget is the value of error_budget that opts out.
const noErrorBudget = "none"

var nameOfSLI = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func createDefaultConfig() component.Config {
	return &Config{
		Indicators:           indicator.Names(),
		MetricsFlushInterval: defaultMetricsFlushInterval,
		MaxServices:          defaultMaxServices,
	}
}

var _ component.Config = (*Config)(nil)

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// Validate reports all that is wrong, each at its key.
func (c *Config) Validate() error {
	errs := []error{c.validateIndicators()}
	if len(c.Catalogue) > 0 && c.ErrorBudget != nil && !c.optsOut() {
		errs = append(errs, fmt.Errorf("catalogue: must be empty when error_budget names an extension: %s owns the catalogue", c.ErrorBudget))
	}
	if slices.Contains(c.Catalogue, "") {
		errs = append(errs, errors.New("catalogue: must be the path of a file or a directory, or a list of such paths; leave it out for none"))
	}
	if c.MetricsFlushInterval < minMetricsFlushInterval {
		errs = append(errs, fmt.Errorf("metrics_flush_interval: must be at least %s, not %s", minMetricsFlushInterval, c.MetricsFlushInterval))
	}
	if c.MaxServices < 1 || c.MaxServices > maxServices {
		errs = append(errs, fmt.Errorf("max_services: must be from 1 to %d, not %d", maxServices, c.MaxServices))
	}
	for _, name := range sortedNames(c.SLIs) {
		errs = append(errs, validateSLI(name, c.SLIs[name]))
	}
	return errors.Join(errs...)
}

func (c *Config) optsOut() bool {
	return c.ErrorBudget != nil && c.ErrorBudget.String() == noErrorBudget
}

func (c *Config) validateIndicators() error {
	var errs []error
	if len(c.Indicators) == 0 && len(c.SLIs) == 0 {
		errs = append(errs, errors.New("indicators: must name an indicator, unless slis defines one"))
	}
	known := indicator.Names()
	for i, name := range c.Indicators {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("indicators[%d]: must be one of %s, not %q", i, strings.Join(known, ", "), name))
		} else if slices.Contains(c.Indicators[:i], name) {
			errs = append(errs, fmt.Errorf("indicators[%d]: %s is named twice", i, name))
		}
	}
	return errors.Join(errs...)
}

func validateSLI(name string, s SLIConfig) error {
	key := "slis::" + name
	if !nameOfSLI.MatchString(name) {
		return fmt.Errorf("%s: the name must be lower_snake_case, such as checkout_answers", key)
	}
	if slices.Contains(indicator.Names(), name) {
		return fmt.Errorf("%s: the name is that of a built-in indicator; choose another", key)
	}
	if slo.IsApart(name) {
		return fmt.Errorf("%s: the name must not end like http_latency_100ms: such are counts by a further threshold", key)
	}
	if len(s.Spans.Good) == 0 {
		return fmt.Errorf("%s::spans::good: must hold at least one condition", key)
	}
	// The parser logs through the settings it is given: none here.
	if _, err := custom.Parse(name, s.Spans.Valid, s.Spans.Good, componenttest.NewNopTelemetrySettings()); err != nil {
		return fmt.Errorf("%s::spans::%w", key, err)
	}
	return nil
}

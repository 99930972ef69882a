// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// catalogueFile is a catalogue as it is written.
type catalogueFile struct {
	Services []*service `yaml:"services"`
}

type service struct {
	Name        string      `yaml:"name"`
	Namespace   string      `yaml:"namespace,omitempty"`
	Environment string      `yaml:"environment,omitempty"`
	Tier        string      `yaml:"tier,omitempty"`
	Team        string      `yaml:"team,omitempty"`
	Promise     *yaml.Node  `yaml:"slo,omitempty"`
	Objectives  []objective `yaml:"slos,omitempty"`
	Policy      *yaml.Node  `yaml:"policy,omitempty"`
}

type objective struct {
	Name        string            `yaml:"name"`
	Indicator   string            `yaml:"indicator"`
	Target      decimal           `yaml:"target,omitempty"`
	ThresholdMS int64             `yaml:"threshold_ms,omitempty"`
	Latency     string            `yaml:"latency,omitempty"`
	SliceTarget decimal           `yaml:"slice_target,omitempty"`
	MinEvents   *uint64           `yaml:"min_events,omitempty"`
	Window      string            `yaml:"window,omitempty"`
	TimeZone    string            `yaml:"time_zone,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
	AlertsOff   *[]string         `yaml:"alerts_off,omitempty,flow"`
}

// decimal is an exact number in text.
type decimal string

// MarshalYAML writes the digits as a number.
func (d decimal) MarshalYAML() (any, error) {
	tag := "!!float"
	if !strings.Contains(string(d), ".") {
		tag = "!!int"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: string(d)}, nil
}

// encode writes YAML as people do, indented by two.
func encode(documents ...any) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for _, d := range documents {
		if err := encoder.Encode(d); err != nil {
			return nil, fmt.Errorf("write YAML: %w", err)
		}
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out.Bytes(), nil
}

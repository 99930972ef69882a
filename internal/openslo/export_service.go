// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/internal/slo"
)

// promise is what an entry says of all its indicators.
type promise struct {
	Availability       decimal           `yaml:"availability"`
	LatencyThresholdMS int64             `yaml:"latency_threshold_ms"`
	Latency            string            `yaml:"latency"`
	LatencyTarget      decimal           `yaml:"latency_target"`
	MinEvents          uint64            `yaml:"min_events"`
	OnUnknown          string            `yaml:"on_unknown"`
	Window             string            `yaml:"window"`
	TimeZone           string            `yaml:"time_zone,omitempty"`
	Labels             map[string]string `yaml:"labels,omitempty"`
	Annotations        map[string]string `yaml:"annotations,omitempty"`
	AlertsOff          []string          `yaml:"alerts_off,omitempty"`
}

type policy struct {
	NormalAt      decimal  `yaml:"normal_at"`
	CanaryAt      decimal  `yaml:"canary_at"`
	CanaryWeight  int      `yaml:"canary_weight"`
	Hysteresis    decimal  `yaml:"hysteresis"`
	Dwell         string   `yaml:"dwell"`
	CoverageLimit decimal  `yaml:"coverage_limit"`
	PassFreeze    []string `yaml:"pass_freeze"`
	Shadow        bool     `yaml:"shadow"`
}

// exportService writes an entry. All that OpenSLO has no key for is in
// annotations.
func exportService(name string, e slo.Entry) (exported, error) {
	annotations := map[string]string{annotationName: e.Service.Name, annotationTier: e.Tier}
	for key, text := range map[string]string{annotationNamespace: e.Service.Namespace, annotationEnvironment: e.Service.Environment, annotationTeam: e.Team} {
		if text != "" {
			annotations[key] = text
		}
	}
	onUnknown := "closed"
	if e.OnUnknownOpen {
		onUnknown = "open"
	}
	window, zone := wordsOf(e.BudgetWindow)
	for key, value := range map[string]any{
		annotationPromise: promise{
			Availability: decimal(e.Availability.String()), LatencyThresholdMS: e.LatencyThreshold.Milliseconds(), Latency: latency(e.Felt), LatencyTarget: decimal(e.LatencyTarget.String()),
			MinEvents: e.MinEvents, OnUnknown: onUnknown, Window: window, TimeZone: zone, Labels: e.Labels, Annotations: e.Annotations, AlertsOff: e.AlertsOff,
		},
		annotationPolicy: policy{
			NormalAt: decimal(e.Policy.NormalAt.String()), CanaryAt: decimal(e.Policy.CanaryAt.String()), CanaryWeight: e.Policy.CanaryWeight,
			Hysteresis: decimal(e.Policy.Hysteresis.String()), Dwell: e.Policy.Dwell.String(), CoverageLimit: decimal(e.Policy.CoverageLimit.String()),
			PassFreeze: e.Policy.PassFreeze, Shadow: e.Policy.Shadow,
		},
	} {
		text, err := yaml.Marshal(value)
		if err != nil {
			return exported{}, fmt.Errorf("export %s: %w", e.Service, err)
		}
		annotations[key] = string(text)
	}
	return exported{
		APIVersion: APIVersion, Kind: "Service",
		Metadata: metadata{Name: name, Annotations: annotations}, Spec: serviceSpec{},
	}, nil
}

// wordsOf returns a window as the keys window and time_zone of a catalogue.
func wordsOf(w slo.Window) (window, zone string) {
	window, zone, _ = strings.Cut(w.String(), " ")
	return window, zone
}

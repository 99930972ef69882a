// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The reference names every key, and its example is a catalogue.
func TestReference(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "catalogue.md"))
	require.NoError(t, err)
	reference := string(data)
	for _, key := range slices.Concat(allPromiseKeys, objectiveKeys, policyKeys, []string{"policy", "name", "namespace", "environment", "tier", "team", "slo", "slos"}) {
		assert.Regexp(t, regexp.MustCompile("(?m)^\\|.*`"+key+"`.*\\|"), reference, "a row of a table is about %s", key)
	}
	_, example, _ := strings.Cut(reference, "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	require.True(t, found)
	c, err := ParseCatalogue("example", []byte(example))
	require.NoError(t, err)
	assert.Len(t, c.Entries()[0].Objectives, 2)
}

// The defaults that the reference tells are those of the program.
func TestReferenceOfDefaults(t *testing.T) {
	p := DefaultPolicy()
	assert.Equal(t, []string{"0.5", "0.2", "0", "0"}, []string{p.NormalAt.String(), p.CanaryAt.String(), p.Hysteresis.String(), p.CoverageLimit.String()})
	assert.Equal(t, 10, p.CanaryWeight)
	for tier, want := range map[string][]string{"tier1": {"0.9995", "200ms", "0.99"}, "tier2": {"0.999", "500ms", "0.95"}, "tier3": {"0.995", "2s", "0.9"}} {
		e := parse(t, "services: [{name: a, tier: "+tier+"}]").Lookup(Service{Name: "a"})
		assert.Equal(t, want, []string{e.Availability.String(), e.LatencyThreshold.String(), e.LatencyTarget.String()})
		assert.Equal(t, "30d", e.BudgetWindow.String())
	}
}

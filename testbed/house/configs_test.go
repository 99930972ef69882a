// SPDX-License-Identifier: Apache-2.0

package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// userConfig is a configuration that people have, with stock components and
// their old names.
const userConfig = "testbed/testdata/otel-collector-unified.yaml"

// shippedConfigs are all of distribution/configs but the catalogues.
func shippedConfigs(t *testing.T) []string {
	t.Helper()
	root := process.Root(t)
	found, err := filepath.Glob(filepath.Join(root, "distribution", "configs", "*.yaml"))
	require.NoError(t, err)
	var configs []string
	for _, path := range found {
		if !strings.HasSuffix(path, "_catalog.yaml") {
			relative, err := filepath.Rel(root, path)
			require.NoError(t, err)
			configs = append(configs, relative)
		}
	}
	require.NotEmpty(t, configs)
	return configs
}

func validate(t *testing.T, config string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(collectorbed.Program(t), "validate", "--config", config)
	cmd.Dir = process.Root(t)
	cmd.Env = append(append(os.Environ(), "SLOE_STORAGE_DIRECTORY="+t.TempDir()), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestConfigurationsAreValid(t *testing.T) {
	for _, config := range append(shippedConfigs(t), userConfig) {
		t.Run(config, func(t *testing.T) {
			out, err := validate(t, config)
			assert.NoError(t, err, out)
		})
	}
}

func TestCataloguesAreValid(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(process.Root(t), "distribution", "configs", "*_catalog.yaml"))
	require.NoError(t, err)
	require.Len(t, found, 2)
	for _, path := range found {
		_, err := slo.LoadCatalogue(path)
		assert.NoError(t, err)
	}
}

// Where the spans go is a matter of the environment or of YAML, not of a build.
func TestQuickstartTakesItsExporterFromTheEnvironment(t *testing.T) {
	const quickstart = "distribution/configs/quickstart.yaml"
	for _, exporter := range []string{"debug", "nop", "otlp_grpc", "otlp_http"} {
		out, err := validate(t, quickstart, "SLOE_SPAN_EXPORTER="+exporter, "SLOE_OTLP_ENDPOINT=http://tempo:4317")
		assert.NoError(t, err, "%s: %s", exporter, out)
	}
	out, err := validate(t, quickstart, "SLOE_SPAN_EXPORTER=nosuch")
	assert.Error(t, err)
	assert.Contains(t, out, "nosuch")
}

// The agent reads the names that an eBPF agent's environment has already.
func TestAgentReadsTheUsualEnvironment(t *testing.T) {
	out, err := validate(t, "distribution/configs/agent.yaml",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318",
		"OTEL_EBPF_SERVICE_NAME_MAP=python3.11:/usr/local/bin/gunicorn=order-service")
	assert.NoError(t, err, out)
	out, err = validate(t, "distribution/configs/agent.yaml", "OTEL_EBPF_SERVICE_NAME_MAP=order-service")
	assert.Error(t, err, "a mapping without a left side is refused")
	assert.Contains(t, out, "map")
}

// It listens on 0.0.0.0:4317 and 4318, and on localhost:8888 for its own metrics.
func TestTheUsersConfigurationStarts(t *testing.T) {
	config, err := os.ReadFile(filepath.Join(process.Root(t), userConfig))
	require.NoError(t, err)
	collector := collectorbed.Start(t, collectorbed.Options{Program: collectorbed.Program(t), Config: string(config)})
	collector.Terminate(t)
}

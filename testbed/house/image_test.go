// SPDX-License-Identifier: Apache-2.0

package house

import (
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// dockerfile returns the instructions of the last stage, as name and arguments.
func dockerfile(t *testing.T) (stage [][2]string, whole string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(process.Root(t), "Dockerfile"))
	require.NoError(t, err)
	for line := range strings.Lines(string(raw)) {
		name, arguments, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "", "#":
		case "FROM":
			stage = [][2]string{{name, arguments}}
		default:
			stage = append(stage, [2]string{name, arguments})
		}
	}
	return stage, string(raw)
}

func argumentsOf(stage [][2]string, name string) []string {
	var all []string
	for _, i := range stage {
		if i[0] == name {
			all = append(all, i[1])
		}
	}
	return all
}

// The image has no libc and no loader: a program that asks for one cannot start.
func TestProgramsAreStatic(t *testing.T) {
	for _, name := range []string{"otelcol-sloe", "sloectl"} {
		program, err := elf.Open(filepath.Join(process.Root(t), "bin", name))
		require.NoError(t, err, "not built: run make build")
		for _, segment := range program.Progs {
			assert.NotEqual(t, elf.PT_INTERP, segment.Type, "%s asks for a loader", name)
		}
		libraries, err := program.ImportedLibraries()
		require.NoError(t, err)
		assert.Empty(t, libraries, "%s asks for libraries", name)
		assert.NoError(t, program.Close())
	}
}

func TestImageHoldsWhatItStarts(t *testing.T) {
	stage, whole := dockerfile(t)
	assert.Equal(t, []string{"scratch"}, argumentsOf(stage, "FROM"))
	assert.Equal(t, []string{"65534:65534"}, argumentsOf(stage, "USER"), "not root unless the pod asks for it")
	assert.Contains(t, whole, "make build\n", "the image's programs are those of make build")

	// What the last stage takes from /src of the build stage is in the repository
	// or is what make build makes.
	copied := map[string]string{} // source to destination
	for _, arguments := range argumentsOf(stage, "COPY") {
		fields := strings.Fields(arguments)
		destination := fields[len(fields)-1]
		for _, field := range fields[:len(fields)-1] {
			if strings.HasPrefix(field, "/src/") {
				copied[strings.TrimPrefix(field, "/src/")] = destination
			}
		}
	}
	assert.Equal(t, map[string]string{
		"bin/otelcol-sloe": "/usr/bin/", "bin/sloectl": "/usr/bin/", "distribution/configs/": "/etc/otelcol-sloe/",
	}, copied)
	for source := range copied {
		_, err := os.Stat(filepath.Join(process.Root(t), source))
		assert.NoError(t, err)
	}
	assert.Contains(t, whole, "ca-certificates.crt", "an exporter can check a server's certificate")

	entry, command := argumentsOf(stage, "ENTRYPOINT"), argumentsOf(stage, "CMD")
	assert.Equal(t, []string{`["/usr/bin/otelcol-sloe"]`}, entry)
	require.Len(t, command, 1)
	var options []string
	require.NoError(t, json.Unmarshal([]byte(command[0]), &options))
	require.Len(t, options, 2)
	config := strings.TrimPrefix(options[1], "/etc/otelcol-sloe/")
	assert.FileExists(t, filepath.Join(process.Root(t), "distribution", "configs", config))
}

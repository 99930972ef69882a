// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// command is a row of testdata/commands.yaml.
type command struct {
	What   string   `yaml:"what"`
	Args   []string `yaml:"args"`
	Exe    string   `yaml:"exe"`
	Folder string   `yaml:"folder"`
	Name   string   `yaml:"name"`
	Source Source   `yaml:"source"`
}

func readCommands(t testing.TB) []command {
	t.Helper()
	data, err := os.ReadFile("testdata/commands.yaml")
	require.NoError(t, err)
	var rows []command
	require.NoError(t, yaml.Unmarshal(data, &rows))
	require.GreaterOrEqual(t, len(rows), 40)
	return rows
}

func (c *command) process() *Process {
	return &Process{Executable: c.Exe, Args: c.Args, Folder: c.Folder}
}

// TestCommands resolves each row twice: the second answer comes from the cache.
func TestCommands(t *testing.T) {
	namer, err := NewNamer(nil)
	require.NoError(t, err)
	for _, row := range readCommands(t) {
		t.Run(row.What, func(t *testing.T) {
			want := Answer{row.Name, row.Source}
			assert.Equal(t, want, namer.Name(row.process(), Given{}))
			assert.Equal(t, want, namer.Name(row.process(), Given{}))
		})
	}
}

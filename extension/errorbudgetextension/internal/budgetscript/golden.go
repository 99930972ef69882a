// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the answers in budget scripts")

// Test runs each script that a pattern names, and holds what it says against
// what the desk answers. Setup and queries are those of Execute; setup is called
// for each script anew.
func Test(t *testing.T, pattern string, setup func(*Desk), queries map[string]Query) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files, "no script fits %s", pattern)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			got, err := Execute(string(want), setup, queries)
			require.NoError(t, err)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			assert.Equal(t, string(want), got)
		})
	}
}

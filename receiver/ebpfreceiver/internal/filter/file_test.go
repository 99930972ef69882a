// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFile(t *testing.T) {
	f := &File{Path: filepath.Join(t.TempDir(), "processes.yaml")}
	write := func(s string) { require.NoError(t, os.WriteFile(f.Path, []byte(s), 0o644)) }
	_, _, err := f.Read()
	require.ErrorIs(t, err, os.ErrNotExist)

	write("")
	l, changed, err := f.Read()
	require.NoError(t, err)
	assert.True(t, changed, "the first time an empty file is something new too")
	assert.True(t, l.Empty())

	write("include: [{executable: nginx}]\n")
	l, changed, err = f.Read()
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Equal(t, &Lists{Include: []Entry{{Executable: []string{"nginx"}}}}, l)
	_, changed, err = f.Read()
	require.NoError(t, err)
	assert.False(t, changed)

	write("include: [{exe: nginx}]\n")
	for range 2 {
		_, changed, err = f.Read()
		require.ErrorContains(t, err, "`exe`", "until it is mended")
		assert.False(t, changed)
	}
	write("include: [{executable: nginx}]\n")
	_, changed, err = f.Read()
	require.NoError(t, err)
	assert.False(t, changed, "what it said before is in force")

	write(strings.Repeat("#", maxFile+1))
	_, _, err = f.Read()
	require.ErrorContains(t, err, "more than")
}

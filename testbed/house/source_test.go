// SPDX-License-Identifier: Apache-2.0

package house

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// sources returns the repository's files, committed or about to be, by path.
func sources(t *testing.T) map[string][]byte {
	t.Helper()
	root := process.Root(t)
	list := exec.Command("git", "-c", "safe.directory="+root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err, "listing the repository's files")
	files := map[string][]byte{}
	for _, path := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		raw, err := os.ReadFile(filepath.Join(root, path))
		if os.IsNotExist(err) {
			continue // deleted, not committed yet
		}
		require.NoError(t, err)
		files[path] = raw
	}
	require.NotEmpty(t, files)
	return files
}

func generated(source []byte) bool {
	return bytes.Contains(source, []byte("\n// Code generated ")) || bytes.HasPrefix(source, []byte("// Code generated "))
}

func TestSourcesNameTheirLicence(t *testing.T) {
	for path, source := range sources(t) {
		switch filepath.Ext(path) {
		case ".go", ".c", ".h", ".sh":
		default:
			continue
		}
		if generated(source) || path == "bpf/include/vmlinux.h" {
			continue
		}
		head := source[:min(len(source), 300)]
		assert.Contains(t, string(head), "SPDX-License-Identifier: ", "%s has no licence line", path)
	}
}

// What is committed is read elsewhere: it names no directory of the machine that
// it was written on. A clone at the top of the file system, such as /src, has a
// name that stands in any text.
func TestSourcesNameNoLocalPath(t *testing.T) {
	root := process.Root(t)
	if filepath.Dir(root) == "/" {
		root = filepath.Join(root, "sloe")
	}
	beside := filepath.Join(filepath.Dir(root), "shared")
	for path, source := range sources(t) {
		for _, local := range []string{root + "/", beside} {
			assert.NotContains(t, string(source), local, "%s names a local path", path)
		}
	}
}

func TestProgramsAreNotCommitted(t *testing.T) {
	for path, source := range sources(t) {
		isELF := bytes.HasPrefix(source, []byte("\x7fELF"))
		isBPF := isELF && len(source) > 19 && source[18] == 247 // e_machine EM_BPF, little endian
		assert.False(t, isELF && !isBPF, "%s is a program; only BPF objects are committed", path)
	}
}

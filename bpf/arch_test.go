// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// architectures have an object and a header each, and 32-bit programs that they run.
var architectures = []struct{ goarch, narrow, header, object string }{
	{"amd64", "386", "arch_x86.h", "socket_x86_bpfel.o"},
	{"arm64", "arm", "arch_arm64.h", "socket_arm64_bpfel.o"},
}

var syscallDefinition = regexp.MustCompile(`(?m)^#define (SYSCALL|COMPAT)_([A-Z0-9_]+) (\d+)$`)

// ownCalls are those that one architecture alone has.
var ownCalls = map[string]string{"COMPAT_SOCKETCALL": "386", "COMPAT_SEND": "arm", "COMPAT_RECV": "arm"}

// TestSystemCallsByArchitecture compares the headers' numbers with those that
// golang.org/x/sys was generated with from the kernel's own headers.
func TestSystemCallsByArchitecture(t *testing.T) {
	names := map[string]int{}
	for _, a := range architectures {
		header, err := os.ReadFile(filepath.Join("include", a.header))
		require.NoError(t, err)
		tables := map[string]map[string]int{"SYSCALL": systemCalls(t, a.goarch), "COMPAT": systemCalls(t, a.narrow)}
		defined := syscallDefinition.FindAllStringSubmatch(string(header), -1)
		require.NotEmpty(t, defined)
		for _, m := range defined {
			number, err := strconv.Atoi(m[3])
			require.NoError(t, err)
			assert.Equal(t, tables[m[1]]["SYS_"+m[2]], number, "%s_%s of %s", m[1], m[2], a.goarch)
			name := m[1] + "_" + m[2]
			if own, ok := ownCalls[name]; ok {
				assert.Equal(t, own, a.narrow, name)
				continue
			}
			names[name]++
		}
	}
	for name, n := range names {
		assert.Equal(t, len(architectures), n, "%s is defined for each architecture", name)
		if call, wide := strings.CutPrefix(name, "SYSCALL_"); wide {
			assert.Contains(t, names, "COMPAT_"+call)
		}
	}
}

// systemCalls reads the numbers of an architecture from the source of golang.org/x/sys.
func systemCalls(t *testing.T, goarch string) map[string]int {
	t.Helper()
	directory, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	require.NoError(t, err)
	path := filepath.Join(strings.TrimSpace(string(directory)), "unix", "zsysnum_linux_"+goarch+".go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	numbers := map[string]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		require.True(t, ok)
		number, exact := constant.Int64Val(constant.MakeFromLiteral(literal.Value, literal.Kind, 0))
		require.True(t, exact)
		numbers[spec.Names[0].Name] = int(number)
		return true
	})
	require.NotEmpty(t, numbers)
	return numbers
}

// TestObjectsOfAllArchitectures: the same programs, maps and variables, with the same
// sizes; only registers and system calls differ. So what the generated Go types of one
// architecture say holds for the other.
func TestObjectsOfAllArchitectures(t *testing.T) {
	first, err := ebpf.LoadCollectionSpec(architectures[0].object)
	require.NoError(t, err)
	for _, a := range architectures[1:] {
		spec, err := ebpf.LoadCollectionSpec(a.object)
		require.NoError(t, err)
		require.Len(t, spec.Programs, len(first.Programs))
		for name, p := range first.Programs {
			require.Contains(t, spec.Programs, name)
			assert.Equal(t, p.SectionName, spec.Programs[name].SectionName)
		}
		require.Len(t, spec.Maps, len(first.Maps))
		for name, m := range first.Maps {
			require.Contains(t, spec.Maps, name)
			other := spec.Maps[name]
			assert.Equal(t, [4]uint32{uint32(m.Type), m.KeySize, m.ValueSize, m.MaxEntries},
				[4]uint32{uint32(other.Type), other.KeySize, other.ValueSize, other.MaxEntries}, name)
		}
		require.Len(t, spec.Variables, len(first.Variables))
		for name, v := range first.Variables {
			require.Contains(t, spec.Variables, name)
			assert.Equal(t, v.Size(), spec.Variables[name].Size(), name)
		}
	}
	types := func(of string) string {
		source, err := os.ReadFile(of)
		require.NoError(t, err)
		_, body, found := strings.Cut(string(source), "\npackage bpf\n")
		require.True(t, found)
		body, _, found = strings.Cut(body, "\n// Do not access this directly.\n")
		require.True(t, found, "the object's bytes stand at the end")
		return body
	}
	goFile := func(object string) string { return strings.TrimSuffix(object, ".o") + ".go" }
	for _, a := range architectures[1:] {
		assert.Equal(t, types(goFile(architectures[0].object)), types(goFile(a.object)))
	}
}

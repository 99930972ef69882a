// SPDX-License-Identifier: Apache-2.0

package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestImportRules(t *testing.T) {
	files := goFiles(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			guarded := 0
			for name, file := range files {
				if !r.covers(name) {
					continue
				}
				guarded++
				for _, fault := range r.faults(file) {
					assert.Fail(t, fault, name)
				}
			}
			assert.Positive(t, guarded, "the rule guards no file: has its room moved?")
		})
	}
}

// goFiles parses every Go file that a person wrote, by path.
func goFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	for name, source := range sources(t) {
		if path.Ext(name) != ".go" || generated(source) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		require.NoError(t, err)
		files[name] = file
	}
	return files
}

func (r rule) covers(file string) bool {
	if strings.HasSuffix(file, "_test.go") && !r.testsToo {
		return false
	}
	under := func(dir string) bool { return strings.HasPrefix(file, dir+"/") }
	return slices.ContainsFunc(r.in, under) && !slices.ContainsFunc(r.except, under)
}

// faults names each import, and each reading of the clock, that breaks the rule.
func (r rule) faults(file *ast.File) []string {
	var faults []string
	for _, spec := range file.Imports {
		used, _ := strconv.Unquote(spec.Path.Value)
		if r.forbids(used) {
			faults = append(faults, "imports "+used)
		}
	}
	if r.noClock {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
					faults = append(faults, "reads the clock: time."+s.Sel.Name)
				}
			}
			return true
		})
	}
	return faults
}

func (r rule) forbids(used string) bool {
	within := func(of string) bool {
		if !strings.Contains(of, ".") {
			return used == of // of the standard library: net is denied, net/netip is not
		}
		return used == of || strings.HasPrefix(used, of+"/")
	}
	if r.only != nil && strings.Contains(strings.Split(used, "/")[0], ".") {
		return !slices.ContainsFunc(r.only, within)
	}
	return slices.ContainsFunc(r.deny, within)
}

func TestRulesSeeFaults(t *testing.T) {
	const source = `package p
import ("net"; "net/netip"; "time"; "github.com/cilium/ebpf/link"; "go.yaml.in/yaml/v3")
var _, _, _, _ = net.Dial, netip.Addr{}, time.Now, link.Link(nil)
var _ = yaml.Node{}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	require.NoError(t, err)
	deny := rule{deny: []string{"net", "github.com/cilium/ebpf"}, noClock: true}
	assert.Equal(t, []string{"imports net", "imports github.com/cilium/ebpf/link", "reads the clock: time.Now"}, deny.faults(file))
	only := rule{only: []string{"go.yaml.in/yaml/v3"}}
	assert.Equal(t, []string{"imports github.com/cilium/ebpf/link"}, only.faults(file))
}

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

const module = "github.com/sloe-dev/sloe"

// A rule says what the packages under its directories may import.
type rule struct {
	name string
	// in are directories with all below them; except are left out again.
	in, except []string
	// deny are import paths that may not be used; one that ends in / or is a
	// module stands for all below it.
	deny []string
	// only, if set, are all that may be used besides the standard library.
	only []string
	// noClock forbids reading the time: times are given.
	noClock bool
	// testsToo holds the package's tests to the rule as well.
	testsToo bool
}

const (
	receiverDir  = "receiver/ebpfreceiver"
	processorDir = "processor/servicenameprocessor"
	connectorDir = "connector/sliconnector"
	extensionDir = "extension/errorbudgetextension"
)

// own returns the import paths of directories of this module.
func own(dirs ...string) []string {
	paths := make([]string, len(dirs))
	for i, dir := range dirs {
		paths[i] = module + "/" + dir
	}
	return paths
}

// rules are those of docs/architecture.md.
var rules = []rule{
	{
		name: "parsers are functions of bytes and given times",
		in:   []string{receiverDir + "/internal/protocol"},
		deny: []string{
			"go.opentelemetry.io/collector", "github.com/cilium/ebpf", "go.uber.org/zap",
			"log", "log/slog", "net", "net/http", "os", "os/exec", "syscall", "golang.org/x/sys",
		},
		noClock: true,
	},
	{
		name:   "one package speaks to the kernel",
		in:     []string{"receiver", "processor", "connector", "extension", "internal", "distribution"},
		except: []string{receiverDir + "/internal/capture"},
		deny:   []string{"github.com/cilium/ebpf"},
	},
	{
		name: "records depend on nothing",
		in:   []string{receiverDir + "/internal/record"},
		only: own(receiverDir+"/internal/record", "bpf"),
	},
	{
		name: "the receiver shares the names and the objectives, nothing else", testsToo: true,
		in: []string{receiverDir}, deny: own(processorDir, connectorDir, extensionDir, "distribution"),
	},
	{
		name: "the processor shares the names and the objectives, nothing else", testsToo: true,
		in: []string{processorDir}, deny: own(receiverDir, connectorDir, extensionDir, "distribution"),
	},
	{
		name: "the connector sees slo.Recorder and slo.Catalogue, not the extension", testsToo: true,
		in: []string{connectorDir}, deny: own(receiverDir, processorDir, extensionDir, "distribution"),
	},
	{
		name: "the extension knows no other component", testsToo: true,
		in: []string{extensionDir}, deny: own(receiverDir, processorDir, connectorDir, "distribution"),
	},
	{
		name: "budgets and policy know no HTTP, no storage, no pdata",
		in:   []string{extensionDir + "/internal/budget", extensionDir + "/internal/policy"},
		deny: append(own(extensionDir+"/internal/store", extensionDir+"/internal/api", extensionDir+"/internal/ui"),
			"net/http", "database/sql", "modernc.org/sqlite", "os",
			"go.opentelemetry.io/collector", "go.uber.org/zap"),
		noClock: true,
	},
	{
		name: "objectives need the standard library and YAML",
		in:   []string{"internal/slo"},
		only: append(own("internal/slo"), "go.yaml.in/yaml/v3"),
	},
	{name: "names need nothing", in: []string{"internal/semconv"}, only: own("internal/semconv")},
	{name: "what the endpoint says is plain types", in: []string{"internal/budgetapi"}, only: own("internal/budgetapi")},
	{
		name: "products do not use the testbed",
		in:   []string{"receiver", "processor", "connector", "extension", "internal", "distribution"},
		deny: own("testbed"), // but their tests use its workloads
	},
}

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

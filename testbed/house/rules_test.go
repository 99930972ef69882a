// SPDX-License-Identifier: Apache-2.0

package house

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
		// what their tests share: it reads the corpora
		except: []string{receiverDir + "/internal/protocol/protocoltest"},
		deny: []string{
			"go.opentelemetry.io/collector", "github.com/cilium/ebpf", "go.uber.org/zap",
			"log", "log/slog", "net", "net/http", "os", "os/exec", "syscall", "golang.org/x/sys",
		},
		noClock: true,
	},
	{
		name:   "one package speaks to the kernel, one knows how it can, and one looks at what it costs",
		in:     []string{"receiver", "processor", "connector", "extension", "internal", "distribution"},
		except: []string{receiverDir + "/internal/capture", "internal/backend", "internal/perfstats", "internal/doctor"},
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
		name: "budgets, alerts and policy know no HTTP, no storage, no pdata",
		in:   []string{extensionDir + "/internal/budget", extensionDir + "/internal/alert", extensionDir + "/internal/policy"},
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
	{
		name: "the windows of burn-rate alerts are data",
		in:   []string{"internal/burnrate"},
		only: append(own("internal/burnrate", "internal/slo"), "go.yaml.in/yaml/v3"),
	},
	{
		name: "rules are made of the catalogue alone",
		in:   []string{"internal/rules"},
		only: append(own("internal/rules", "internal/burnrate", "internal/slo"), "go.yaml.in/yaml/v3"), noClock: true,
	},
	{
		name: "the collector does not carry Prometheus's engine",
		in:   []string{"receiver", "processor", "connector", "extension", "internal"},
		deny: []string{"github.com/prometheus/prometheus"},
	},
	{
		name: "OpenSLO is about objectives alone",
		in:   []string{"internal/openslo"},
		only: append(own("internal/openslo", "internal/slo"), "go.yaml.in/yaml/v3"),
	},
	{name: "names need nothing", in: []string{"internal/semconv"}, only: own("internal/semconv")},
	{name: "what the endpoint says is plain types", in: []string{"internal/budgetapi"}, only: own("internal/budgetapi")},
	{
		name: "products do not use the testbed",
		in:   []string{"receiver", "processor", "connector", "extension", "internal", "distribution"},
		deny: own("testbed"), // but their tests use its workloads
	},
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func TestGateAgainstACollector(t *testing.T) {
	url := collector(t)
	for _, tt := range []struct {
		service string
		code    int
		says    []string
	}{
		{"normal", 0, []string{"NORMAL", "allowed", "50.00 % of http_availability over 30d", "retail/normal", "BUDGET_OK http_availability 0.5 (limit 0.5)", "forecast     http_availability: lasts at the present rate"}},
		{"canary", 1, []string{"CANARY", "as a canary only, up to 10 % of traffic", "49.98 %", "next", "NORMAL at "}},
		{"frozen", 2, []string{"FREEZE", "not allowed", "19.98 %", "BUDGET_BELOW_CANARY"}},
		{"listed", 3, []string{"UNKNOWN", "not allowed", "NEVER_SEEN"}},
		{"stranger", 0, []string{"UNKNOWN", "allowed", "NEVER_SEEN", "DEFAULT_TIER"}},
		{"normal --namespace retail", 0, []string{"NORMAL"}},
		{"normal --namespace other", 3, []string{"UNKNOWN", "NEVER_SEEN"}},
		{"normal --environment prod", 3, []string{"UNKNOWN", "NEVER_SEEN"}},
	} {
		t.Run(tt.service, func(t *testing.T) {
			code, out, errOut := run(append(append([]string{"gate"}, strings.Fields(tt.service)...), "--endpoint", url)...)
			assert.Equal(t, tt.code, code, errOut)
			for _, want := range tt.says {
				assert.Contains(t, out, want)
			}
			assert.Empty(t, errOut)
		})
	}
}

func TestOutputs(t *testing.T) {
	url := collector(t) + "/"
	code, out, _ := run("gate", "canary", "--endpoint", url, "-o", "json")
	assert.Equal(t, 1, code, "the exit code does not depend on the output")
	var g budgetapi.Gate
	require.NoError(t, json.Unmarshal([]byte(out), &g))
	assert.Equal(t, 0.4998, g.Budget.Remaining)

	_, out, _ = run("gate", "canary", "--endpoint", url, "-o", "yaml")
	assert.Contains(t, out, "state: CANARY\nallow: true\nstrategy:\n  type: canary\n  max_weight: 10\n")

	code, out, _ = run("budgets", "--endpoint", url, "--output", "yaml")
	assert.Equal(t, 0, code)
	var b struct {
		Services []struct {
			Name string
			SLOs []struct {
				Objective string
				Good      uint64
			} `yaml:"slos"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(out), &b))
	assert.Equal(t, "frozen", b.Services[0].Name)
	assert.Equal(t, "0.9995", b.Services[0].SLOs[0].Objective)
	assert.EqualValues(t, 9_995_999, b.Services[0].SLOs[0].Good)
}

func TestBudgetsTable(t *testing.T) {
	url := collector(t)
	code, out, _ := run("budgets", "--endpoint", url)
	assert.Equal(t, 0, code)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 5)
	assert.Equal(t, strings.Fields("SERVICE TIER STATE ACTIVITY MEASURED SLO OBJECTIVE BUDGET LEFT BAD VALID WINDOW FORECAST"), strings.Fields(lines[0]))
	assert.Equal(t, strings.Fields("retail/frozen tier1 FREEZE active 100.00 % http_availability 0.9995 19.98 % 4001 10000000 30d lasts at the present rate"), strings.Fields(lines[1]))
	assert.Equal(t, strings.Fields("listed tier1 UNKNOWN unmeasured 0.00 % - - - - - - -"), strings.Fields(lines[2]))
	assert.Contains(t, lines[3], "canary")
	assert.Contains(t, lines[4], "normal")

	code, _, errOut := run("budgets", "stranger", "--endpoint", url)
	assert.Equal(t, 3, code)
	assert.Contains(t, errOut, "never seen")
}

func TestTroubleIsThree(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(slow.Close)
	for _, tt := range []struct {
		name string
		args []string
		says string
	}{
		{"nobody listens", []string{"gate", "a", "--endpoint", "http://" + freeAddress(t)}, "check that the collector runs"},
		{"too slow", []string{"gate", "a", "--endpoint", slow.URL, "--timeout", "20ms"}, "cannot be reached"},
		{"no URL", []string{"gate", "a", "--endpoint", "http://[::1"}, "--endpoint must be a URL"},
		{"no scheme", []string{"gate", "a", "--endpoint", "localhost:1"}, "check"},
		{"another server", []string{"gate", "a", "--endpoint", answering(t, 200, "<html>")}, "check --endpoint"},
		{"JSON of something else", []string{"gate", "a", "--endpoint", answering(t, 200, `{"allow":true}`)}, "no known state"},
		{"budgets of something else", []string{"budgets", "--endpoint", answering(t, 200, `{}`)}, "check --endpoint"},
		{"a failing proxy", []string{"gate", "a", "--endpoint", answering(t, 502, "bad gateway")}, "status 502"},
		{"no token", []string{"gate", "a", "--endpoint", answering(t, 401, "")}, "--token or SLOE_TOKEN"},
		{"the endpoint's own error", []string{"budgets", "--endpoint", answering(t, 400, `{"error":{"code":"bad_request","message":"so it is"}}`)}, "so it is"},
		{"no service", []string{"gate"}, "accepts 1 arg"},
		{"an empty service", []string{"gate", ""}, "SERVICE must not be empty"},
		{"a misspelt flag", []string{"gate", "a", "--namspace", "x"}, "unknown flag"},
		{"a misspelt command", []string{"gaet", "a"}, "unknown command"},
		{"an unknown output", []string{"gate", "a", "-o", "xml"}, "--output must be table, json or yaml"},
		{"no time", []string{"budgets", "--timeout", "0s"}, "--timeout must be more than 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errOut := run(tt.args...)
			assert.Equal(t, 3, code)
			assert.Empty(t, out)
			assert.Contains(t, errOut, tt.says)
		})
	}
}

func TestToken(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Authorization") }))
	t.Cleanup(server.Close)
	run("gate", "a", "--endpoint", server.URL)
	assert.Empty(t, got)
	runWith(map[string]string{"SLOE_TOKEN": "hidden"}, "gate", "a", "--endpoint", server.URL)
	assert.Equal(t, "Bearer hidden", got)
	runWith(map[string]string{"SLOE_TOKEN": "hidden"}, "gate", "a", "--endpoint", server.URL, "--token", "given")
	assert.Equal(t, "Bearer given", got)
}

// The exit code follows allow, which an override may set against the state.
func TestGateCode(t *testing.T) {
	full, canary, none := budgetapi.Strategy{Type: "full"}, budgetapi.Strategy{Type: "canary"}, budgetapi.Strategy{Type: "none"}
	for _, tt := range []struct {
		state    string
		allow    bool
		strategy budgetapi.Strategy
		want     int
	}{
		{"NORMAL", true, full, 0}, {"CANARY", true, canary, 1}, {"FREEZE", false, none, 2}, {"UNKNOWN", false, none, 3},
		{"UNKNOWN", true, full, 0}, {"FREEZE", true, full, 0}, {"NORMAL", false, none, 2},
	} {
		assert.Equal(t, tt.want, gateCode(budgetapi.Gate{State: tt.state, Allow: tt.allow, Strategy: tt.strategy}), tt)
	}
}

func TestVersionIsTheDistributions(t *testing.T) {
	code, out, _ := run("version")
	assert.Equal(t, 0, code)
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "builder-config.yaml"))
	require.NoError(t, err)
	var manifest struct{ Dist struct{ Version string } }
	require.NoError(t, yaml.Unmarshal(data, &manifest))
	assert.True(t, strings.HasPrefix(out, "sloectl "+manifest.Dist.Version), out)
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"gate", "--help"}} {
		code, out, _ := run(args...)
		assert.Equal(t, 0, code)
		assert.Contains(t, out, "Usage:")
	}
}

func TestNoServices(t *testing.T) {
	at := time.Now().UTC().Format(time.RFC3339)
	_, out, _ := run("budgets", "--endpoint", answering(t, 200, `{"as_of":"`+at+`","durable_through":"`+at+`","services":[]}`))
	assert.Contains(t, out, "No service was seen yet")
}

// Of one service it is told what spends its budgets; the lines of a respect add up.
func TestSpentTable(t *testing.T) {
	n := func(v uint64) *uint64 { return &v }
	o := budgetapi.SLO{Name: "http_availability", Window: "30d", Bad: 30, SpentBy: []budgetapi.SpentBy{{
		Dimension: "version", Other: budgetapi.SpentPart{Bad: 4, Valid: n(40), Cost: 0.4}, Unknown: budgetapi.SpentPart{Bad: 5, Valid: n(50), Cost: 0.5},
	}}}
	for i := range uint64(6) {
		o.SpentBy[0].Parts = append(o.SpentBy[0].Parts, budgetapi.SpentPart{Name: "v" + strconv.Itoa(int(i)), Bad: 6 - i, Valid: n(100), Cost: 0.1})
	}
	var out strings.Builder
	require.NoError(t, spentTable(&out, o))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 9)
	assert.Equal(t, "What spends http_availability, 30 bad events in 30d:", lines[0])
	assert.Equal(t, strings.Fields("version v0 6 100 10.00 %"), strings.Fields(lines[2]))
	assert.Equal(t, strings.Fields("version (others) 5 140 50.00 %"), strings.Fields(lines[7]))
	assert.Equal(t, strings.Fields("version (not known) 5 50 50.00 %"), strings.Fields(lines[8]))

	out.Reset()
	o.Bad = 0
	require.NoError(t, spentTable(&out, o))
	assert.Empty(t, out.String())

	_, text, _ := run("budgets", "frozen", "--endpoint", collector(t))
	assert.Contains(t, text, "What spends http_availability, 4001 bad events in 30d:")
	assert.Regexp(t, `route +\(not known\) +4001 +-`, text)
	assert.Regexp(t, `version +\(not known\) +4001 +10000000`, text)
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func TestExclusionAgainstACollector(t *testing.T) {
	url := collector(t)
	at := func(args ...string) (int, string, string) { return run(append(args, "--endpoint", url)...) }
	_, out, _ := at("exclusion", "list")
	assert.Equal(t, "No exclusion is in force or planned.\n", out)
	code, _, _ := at("gate", "frozen")
	assert.Equal(t, 2, code)

	start := time.Now().Add(-10 * time.Minute).UTC().Format(time.RFC3339)
	code, out, errOut := at("exclusion", "add", "fro*", "--start", start, "--for", "2h", "--actor", "ann", "--reason", "a new disk", "--ticket", "OPS-8", "-o", "json")
	require.Equal(t, 0, code, errOut)
	var added budgetapi.ExclusionEntry
	require.NoError(t, json.Unmarshal([]byte(out), &added))
	assert.Equal(t, 2*time.Hour, added.End.Sub(added.Start))
	code, out, _ = at("gate", "frozen")
	assert.Equal(t, 0, code, out)
	_, out, _ = at("exclusion", "list")
	assert.Regexp(t, regexp.MustCompile(`a new disk +fro\* +in force +\S+ +\S+ +12[01] +- +ann +`+added.ID+` +http_availability of retail/frozen +4001 +80\.02 %`), out)
	code, out, _ = at("exclusion", "remove", added.ID, "--actor", "bob", "--end-now")
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "of fro* ended at ")
	_, out, _ = at("exclusion", "list", "--past")
	assert.Contains(t, out, "  past  ")
	code, out, _ = at("exclusion", "remove", added.ID, "--actor", "bob", "--reason", "it was none")
	assert.Equal(t, 0, code)
	assert.Equal(t, "The exclusion "+added.ID+" of fro* is taken back: its minutes count again.\n", out)
	code, _, _ = at("gate", "frozen")
	assert.Equal(t, 2, code)
	_, out, _ = at("audit", "list")
	for _, event := range []string{"exclusion_added", "exclusion_ended", "exclusion_removed"} {
		assert.Contains(t, out, event)
	}
	code, out, _ = at("exclusion", "add", "a", "--for", "1h", "--actor", "a", "--reason", "b", "--ticket", "c")
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "of a is added: from ")
}

func TestExclusionThatIsWrong(t *testing.T) {
	url := collector(t)
	for _, tt := range []struct{ line, want string }{
		{"exclusion add", "requires at least 1 arg(s)"},
		{"exclusion add a", "give either --end or --for"},
		{"exclusion add a --for 1h --end 2026-03-01T00:00:00Z", "give either --end or --for"},
		{"exclusion add a --for -1h", "--for must be more than 0"},
		{"exclusion add a --start x --for 1h", "--start must be a time"},
		{"exclusion add a --end x", "--end must be a time"},
		{"exclusion add a --for 169h --actor a --reason b --ticket c", "at most 168h0m0s after it"},
		{"exclusion add a[ --for 1h --actor a --reason b --ticket c", "is no pattern"},
		{"exclusion add a --for 1h --actor a --reason b", `"ticket" must be given`},
		{"exclusion remove none --actor a", "no exclusion of that id was added"},
		{"exclusion list more", "unknown command"},
	} {
		code, _, errOut := run(append(strings.Fields(tt.line), "--endpoint", url)...)
		assert.Equal(t, 3, code, tt.line)
		assert.Contains(t, errOut, tt.want, tt.line)
	}
	foreign := answering(t, 200, `{}`)
	for _, line := range []string{"exclusion add a --for 1h", "exclusion list"} {
		code, _, errOut := run(append(strings.Fields(line), "--endpoint", foreign)...)
		assert.Equal(t, 3, code)
		assert.Contains(t, errOut, "does not answer like a budget endpoint")
	}
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func TestOverrideAgainstACollector(t *testing.T) {
	url := collector(t)
	at := func(args ...string) (int, string, string) { return run(append(args, "--endpoint", url)...) }
	code, out, _ := at("override", "list")
	assert.Equal(t, 0, code)
	assert.Equal(t, "No override is in force.\n", out)
	code, _, _ = at("gate", "frozen")
	assert.Equal(t, 2, code)

	code, out, errOut := at("override", "set", "frozen", "--allow", "--for", "24h", "--actor", "ann", "--reason", "the fix", "--ticket", "OPS-7", "-o", "json")
	require.Equal(t, 0, code, errOut)
	var set budgetapi.OverrideEntry
	require.NoError(t, json.Unmarshal([]byte(out), &set))
	assert.WithinDuration(t, time.Now().Add(24*time.Hour), set.Until, 2*time.Minute)
	code, out, _ = at("gate", "frozen")
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "FREEZE")
	assert.Regexp(t, regexp.MustCompile(`override +allowed by ann until .*: the fix \(OPS-7\)`), out)
	_, out, _ = at("override", "list")
	assert.Regexp(t, regexp.MustCompile(set.ID+` +\*/frozen@\* +allowed +\S+ +ann +OPS-7 +the fix`), out)

	code, _, errOut = at("gate", "frozen", "--change", "hotfix")
	assert.Equal(t, 3, code)
	assert.Contains(t, errOut, "is one of feature, fix, security")
	code, _, _ = at("gate", "frozen", "--change", "security")
	assert.Equal(t, 0, code)

	code, out, _ = at("override", "clear", set.ID, "--actor", "bob", "--reason", "done")
	assert.Equal(t, 0, code)
	assert.Equal(t, "The override "+set.ID+" of frozen is ended.\n", out)
	code, _, _ = at("gate", "frozen")
	assert.Equal(t, 2, code)
	code, _, errOut = at("override", "clear", set.ID, "--actor", "bob")
	assert.Equal(t, 3, code)
	assert.Contains(t, errOut, "no override of that id is in force")

	_, out, _ = at("audit", "list")
	assert.Contains(t, out, "override_set")
	assert.Contains(t, out, "override_cleared")
	_, out, _ = at("audit", "list", "--after", "2")
	assert.Equal(t, "The audit log is empty.\n", out)
}

func TestOverrideThatIsWrong(t *testing.T) {
	url := collector(t)
	for _, tt := range []struct{ line, want string }{
		{"override set a --actor x --reason y --ticket z", "give either --allow or --deny"},
		{"override set a --allow --deny", "give either --allow or --deny"},
		{"override set a --deny --for 25h", "--for must be more than 0 and at most 24h, not 25h0m0s"},
		{"override set a --deny --for 0s", "--for must be more than 0"},
		{"override set a --deny --actor x --reason y", `"ticket" must be given`},
		{"override set", "accepts 1 arg(s)"},
		{"override clear none", "no override of that id is in force"},
	} {
		code, _, errOut := run(append(strings.Fields(tt.line), "--endpoint", url)...)
		assert.Equal(t, 3, code, tt.line)
		assert.Contains(t, errOut, tt.want, tt.line)
	}
	foreign := answering(t, 200, `{}`)
	for _, line := range []string{"override set a --deny", "override list"} {
		code, _, errOut := run(append(strings.Fields(line), "--endpoint", foreign)...)
		assert.Equal(t, 3, code)
		assert.Contains(t, errOut, "does not answer like a budget endpoint")
	}
	elsewhere := answering(t, 403, `{"error":{"code":"forbidden","message":"ask there"}}`)
	_, _, errOut := run("override", "set", "a", "--deny", "--endpoint", elsewhere)
	assert.Contains(t, errOut, "ask there")
}

func TestAuditVerify(t *testing.T) {
	dir := t.TempDir()
	l, _, err := auditlog.Open(dir, time.Now())
	require.NoError(t, err)
	for _, actor := range []string{"ann", "bob"} {
		_, err = l.Append(time.Now(), "override_set", actor, map[string]string{})
		require.NoError(t, err)
	}
	require.NoError(t, l.Close())
	code, out, _ := run("audit", "verify", dir)
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "The audit log is as it was written: 2 records")

	path := filepath.Join(dir, auditlog.FileName)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), "ann", "eve", 1)), 0o600))
	code, out, _ = run("audit", "verify", dir)
	assert.Equal(t, 2, code)
	assert.Contains(t, out, "NOT as it was written")
	assert.Contains(t, out, "line 1: it was changed")
	code, out, _ = run("audit", "verify", dir, "-o", "json")
	assert.Equal(t, 2, code)
	assert.Contains(t, out, `"sound": false`)

	code, _, errOut := run("audit", "verify", filepath.Join(dir, "none"))
	assert.Equal(t, 3, code)
	assert.Contains(t, errOut, "DIRECTORY must be that of the audit log")
	code, _, _ = run("audit", "verify", path)
	assert.Equal(t, 3, code)
}

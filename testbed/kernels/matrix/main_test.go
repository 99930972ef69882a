// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	old = "VM-KERNEL 6.1.0-48\r\n" +
		"=== RUN   TestExchanges\r\n=== RUN   TestExchanges/socket\r\n" +
		"    capture_test.go:89: this host does not let the ebpf receiver work: the kernel 6.1.0-48 has no tracepoint sk_data_ready, which Linux has since 6.3\r\n" +
		"MATRIX\tsocket\texchanges\t-\r\n" +
		"=== RUN   TestExchanges/fexit\r\nMATRIX\tfexit\texchanges\texact\r\n" +
		"=== RUN   TestShapes\r\n=== RUN   TestShapes/fexit\r\n=== RUN   TestShapes/fexit/MPTCP\r\nMATRIX\tfexit\tMPTCP\texact\r\n" +
		"VM-EXIT capture.test 0\r\n"
	recent = "VM-KERNEL 7.3.4\n" +
		"=== RUN   TestExchanges/socket\n    capture_test.go:89: try 1: the kernel skipped 3 hooks\nMATRIX\tsocket\texchanges\texact\n" +
		"=== RUN   TestExchanges/fexit\nMATRIX\tfexit\texchanges\tFAILED\n" +
		"=== RUN   TestShapes/socket/MPTCP\nMATRIX\tsocket\tMPTCP\tnot seen at the server\n" +
		"VM-EXIT capture.test 1\n"
)

func TestPage(t *testing.T) {
	kernels := []kernel{parse("6.1", strings.NewReader(old)), parse("7.3", strings.NewReader(recent))}
	var b strings.Builder
	require.NoError(t, page(&b, kernels))
	_, tables, found := strings.Cut(b.String(), preface)
	require.True(t, found)
	assert.Equal(t, "\n"+
		"| Linux | release | tests |\n|---|---|---|\n"+
		"| 6.1 | 6.1.0-48 | pass |\n"+
		"| 7.3 | 7.3.4 | **fail** |\n"+
		"\n## Back-end `socket`\n\n"+
		"| | 6.1 | 7.3 |\n|---|---|---|\n"+
		"| exchanges | - | exact |\n"+
		"| MPTCP | - | not seen at the server |\n"+
		"\n- 6.1: the kernel 6.1.0-48 has no tracepoint sk_data_ready, which Linux has since 6.3.\n"+
		"- 7.3: runs repeated since the kernel had skipped a hook, and counted that (`recursion_misses`): 1.\n"+
		"\n## Back-end `fexit`\n\n"+
		"| | 6.1 | 7.3 |\n|---|---|---|\n"+
		"| exchanges | exact | **failed** |\n"+
		"| MPTCP | exact | not run |\n"+
		"\n", tables)
}

func TestVerdict(t *testing.T) {
	exact, none := map[cell]string{{"fexit", "spill"}: "exact", {"socket", "spill"}: "-"}, map[cell]string{{"fexit", "spill"}: "-"}
	for want, k := range map[string]kernel{
		"pass":          {passed: true, results: exact},
		"not supported": {passed: true, results: none},
		"**fail**":      {results: exact},
	} {
		assert.Equal(t, want, k.verdict())
	}
	assert.Equal(t, "**fail**", (&kernel{results: none}).verdict())
}

func TestRunFailsWhereATestDid(t *testing.T) {
	directory := t.TempDir()
	write := func(version, log string) {
		require.NoError(t, os.WriteFile(filepath.Join(directory, "log-"+version), []byte(log), 0o600))
	}
	write("6.1", old)
	write("7.3", recent)
	write("8.0", strings.TrimSuffix(old, "VM-EXIT capture.test 0\r\n"))
	require.NoError(t, run(directory, []string{"6.1"}))
	require.EqualError(t, run(directory, []string{"6.1", "7.3"}), "tests failed on Linux 7.3, or did not end")
	require.EqualError(t, run(directory, []string{"8.0"}), "tests failed on Linux 8.0, or did not end")
	require.ErrorIs(t, run(directory, []string{"9.9"}), os.ErrNotExist)
}

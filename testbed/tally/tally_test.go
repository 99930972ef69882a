// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		input  []string
		ok     bool
		last   string
		within []string
	}{
		{
			name: "a passed and a skipped test",
			input: []string{
				`{"Action":"start","Package":"p"}`,
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestB"}`,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: needs root\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestB"}`,
				`{"Action":"pass","Package":"p","Elapsed":0.5}`,
			},
			ok: true, last: "1 passed, 0 failed, 1 skipped",
			within: []string{"p TestB: b_test.go:7: needs root"},
		},
		{
			name: "subtests are counted, their heading is not",
			input: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestA/x"}`,
				`{"Action":"run","Package":"p","Test":"TestA/y"}`,
				`{"Action":"pass","Package":"p","Test":"TestA/x"}`,
				`{"Action":"output","Package":"p","Test":"TestA/y","Output":"y is wrong\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestA/y"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			last: "1 passed, 1 failed, 0 skipped", within: []string{"--- FAIL: TestA/y\ny is wrong"},
		},
		{
			name: "slow tests are shown, the slowest first, and none of their subtests",
			input: []string{
				`{"Action":"pass","Package":"p","Test":"TestA","Elapsed":10}`,
				`{"Action":"run","Package":"p","Test":"TestB"}`,
				`{"Action":"pass","Package":"p","Test":"TestB/x","Elapsed":99.5}`,
				`{"Action":"pass","Package":"p","Test":"TestB","Elapsed":100}`,
				`{"Action":"pass","Package":"p","Test":"TestC","Elapsed":9.9}`,
				`{"Action":"pass","Package":"p"}`,
			},
			ok: true, last: "3 passed, 0 failed, 0 skipped",
			within: []string{"slowest:\n   100.0 s p TestB\n    10.0 s p TestA\n\n"},
		},
		{
			name: "a heading that fails after its subtests passed is a failure",
			input: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestA/x"}`,
				`{"Action":"pass","Package":"p","Test":"TestA/x"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			last: "1 passed, 1 failed, 0 skipped",
		},
		{
			name: "a subtest's name may hold slashes",
			input: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"run","Package":"p","Test":"TestA/x/y"}`,
				`{"Action":"fail","Package":"p","Test":"TestA/x/y"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			last: "0 passed, 1 failed, 0 skipped",
		},
		{
			name: "a package that does not build is one failure",
			input: []string{
				`{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1: undefined: x\n"}`,
				`{"ImportPath":"p [p.test]","Action":"build-fail"}`,
				`{"Action":"start","Package":"p"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			},
			last: "0 passed, 1 failed, 0 skipped", within: []string{"p.go:1: undefined: x"},
		},
		{
			name: "a test that was running when its process ended has failed",
			input: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"panic: boom\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			last: "0 passed, 1 failed, 0 skipped", within: []string{"panic: boom"},
		},
		{
			name: "a package whose end never came has failed",
			input: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
			},
			last: "1 passed, 1 failed, 0 skipped",
		},
		{
			name:  "no test at all is not a pass",
			input: []string{`{"Action":"skip","Package":"p"}`},
			last:  "0 passed, 0 failed, 0 skipped", within: []string{"no test passed"},
		},
		{
			name: "text that is no event is shown",
			input: []string{
				`go: module not found`,
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			ok: true, last: "1 passed, 0 failed, 0 skipped", within: []string{"go: module not found"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			ok, err := run(strings.NewReader(strings.Join(tt.input, "\n")), &out)
			require.NoError(t, err)
			assert.Equal(t, tt.ok, ok)
			lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
			assert.Equal(t, tt.last, lines[len(lines)-1], "the total stands alone on the last line")
			for _, want := range tt.within {
				assert.Contains(t, out.String(), want)
			}
		})
	}
}

func TestRunRefusesAnEndlessLine(t *testing.T) {
	_, err := run(strings.NewReader(strings.Repeat("x", maxLine+1)), &strings.Builder{})
	require.ErrorContains(t, err, "reading the test events")
}

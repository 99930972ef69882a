// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// pkg is one package under test.
type pkg struct {
	path   string
	output []string // printed outside of any test: panics, exits, data races
	tests  map[string]*testCase
	order  []string
	skips  []string
	slow   []slowTest
}

// testCase is one test or subtest.
type testCase struct {
	output   []string
	result   string // pass, fail, skip; empty while it runs
	children bool
}

func newPkg(path string) *pkg { return &pkg{path: path, tests: map[string]*testCase{}} }

// test takes an event of one test.
func (p *pkg) test(e event) {
	c := p.tests[e.Test]
	if c == nil {
		c = &testCase{}
		p.tests[e.Test] = c
		p.order = append(p.order, e.Test)
		p.markParents(e.Test)
	}
	switch e.Action {
	case "output":
		c.output = append(c.output, e.Output)
	case "pass", "fail", "skip":
		c.result = e.Action
		if e.Elapsed >= slowSeconds && !strings.Contains(e.Test, "/") {
			p.slow = append(p.slow, slowTest{p.path + " " + e.Test, e.Elapsed})
		}
	}
}

// markParents marks those that a test is a subtest of. The name of a subtest may
// itself hold slashes.
func (p *pkg) markParents(name string) {
	for i, r := range name {
		if parent := p.tests[name[:i]]; r == '/' && parent != nil {
			parent.children = true
		}
	}
}

// close counts the package's tests and returns the text of each failure. A test
// with subtests is a heading, not a test: its subtests are counted. A package
// that failed without a failed test, because it does not build or ended early,
// counts as one failure.
func (p *pkg) close(failed bool) (counts, []string) {
	var c counts
	var failures []string
	for _, name := range p.order {
		t := p.tests[name]
		switch {
		case t.result == "fail" || t.result == "" && failed:
			if t.children && p.childFailed(name) {
				continue
			}
			c.failed++
			failures = append(failures, fmt.Sprintf("--- FAIL: %s\n%s", name, said(t.output)))
		case t.children:
		case t.result == "skip":
			c.skipped++
			p.skips = append(p.skips, fmt.Sprintf("  %s %s: %s", p.path, name, reason(t.output)))
		case t.result == "pass":
			c.passed++
		}
	}
	if failed && c.failed == 0 {
		c.failed = 1
	}
	if failed {
		failures = append(failures, p.output...)
	}
	return c, failures
}

func (p *pkg) childFailed(name string) bool {
	for child, t := range p.tests {
		if strings.HasPrefix(child, name+"/") && t.result != "pass" && t.result != "skip" {
			return true
		}
	}
	return false
}

// said is what a test printed, without the runner's own lines.
func said(output []string) string {
	var kept strings.Builder
	for _, line := range output {
		mark := strings.TrimSpace(line)
		if !strings.HasPrefix(mark, "=== ") && !strings.HasPrefix(mark, "--- ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// reason is what a test said when it was skipped, on one line.
func reason(output []string) string {
	words := strings.Join(strings.Fields(said(output)), " ")
	if words == "" {
		return "no reason given"
	}
	return words
}

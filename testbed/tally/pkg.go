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
		if i := strings.LastIndexByte(e.Test, '/'); i > 0 {
			if parent := p.tests[e.Test[:i]]; parent != nil {
				parent.children = true
			}
		}
	}
	switch e.Action {
	case "output":
		c.output = append(c.output, e.Output)
	case "pass", "fail", "skip":
		c.result = e.Action
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
			failures = append(failures, fmt.Sprintf("--- FAIL: %s\n%s", name, strings.Join(t.output, "")))
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

// reason is what a test said when it was skipped, without the runner's marks.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

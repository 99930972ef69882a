// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output and build-fail
	Test        string
	Output      string
	Elapsed     float64 // seconds
	FailedBuild string  // import path whose build failed
}

// counts are numbers of tests.
type counts struct{ passed, failed, skipped int }

func (c counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

func (c *counts) add(d counts) {
	c.passed += d.passed
	c.failed += d.failed
	c.skipped += d.skipped
}

// tally holds what is known of the packages that have not ended yet and the
// totals of those that have.
type tally struct {
	out     io.Writer
	running map[string]*pkg
	builds  map[string][]string // compiler output by import path
	total   counts
	skipped []string
	slow    []slowTest
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, running: map[string]*pkg{}, builds: map[string][]string{}}
}

// line takes one line of input. What is no event is shown as it is: the go
// command reports some errors as plain text.
func (t *tally) line(raw []byte) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil || e.Action == "" {
		fmt.Fprintf(t.out, "%s\n", raw)
		return
	}
	switch e.Action {
	case "build-output":
		t.builds[e.ImportPath] = append(t.builds[e.ImportPath], e.Output)
		return
	case "build-fail":
		return // the package's own event says which build failed
	}
	p := t.running[e.Package]
	if p == nil {
		p = newPkg(e.Package)
		t.running[e.Package] = p
	}
	if e.Test != "" {
		p.test(e)
		return
	}
	switch e.Action {
	case "output":
		p.output = append(p.output, e.Output)
	case "pass", "fail", "skip":
		t.end(p, e)
	}
}

// end closes a package and shows its line, with the output of what failed.
func (t *tally) end(p *pkg, e event) {
	delete(t.running, p.path)
	c, failures := p.close(e.Action == "fail")
	if c == (counts{}) && e.Action != "fail" {
		return // no test in it
	}
	word := "ok  "
	if c.failed > 0 {
		word = "FAIL"
	}
	fmt.Fprintf(t.out, "%s %s: %s (%.1f s)\n", word, p.path, c, e.Elapsed)
	for _, line := range t.builds[e.FailedBuild] {
		fmt.Fprint(t.out, "     ", line)
	}
	for _, f := range failures {
		fmt.Fprint(t.out, f)
	}
	t.total.add(c)
	t.skipped = append(t.skipped, p.skips...)
	t.slow = append(t.slow, p.slow...)
}

// close shows the totals. A package whose end was never reported has failed: its
// process, or the go command, was ended from outside.
func (t *tally) close() bool {
	for _, path := range slices.Sorted(maps.Keys(t.running)) {
		t.end(t.running[path], event{Action: "fail", Package: path})
	}
	if len(t.skipped) > 0 {
		fmt.Fprintf(t.out, "\nskipped:\n%s\n", strings.Join(t.skipped, "\n"))
	}
	for i, s := range slowest(t.slow) {
		if i == 0 {
			fmt.Fprintln(t.out, "\nslowest:")
		}
		fmt.Fprintf(t.out, "  %6.1f s %s\n", s.seconds, s.name)
	}
	if t.total.passed == 0 {
		fmt.Fprintln(t.out, "\nno test passed")
	}
	fmt.Fprintf(t.out, "\n%s\n", t.total)
	return t.total.failed == 0 && t.total.passed > 0
}

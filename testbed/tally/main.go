// SPDX-License-Identifier: Apache-2.0

// Command tally reads `go test -json` from its standard input, shows progress
// and failures as they come, and closes with the number of tests that passed,
// failed and were skipped.
//
// Usage:
//
//	go test -json ./... | go run ./testbed/tally
//
// Skipped tests are listed with their reasons, and the slowest with their time. It exits 0 if at least one test
// passed and nothing failed, else 1.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// maxLine bounds one line of input: a test may print a whole file in one line.
const maxLine = 16 << 20

func main() {
	ok, err := run(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
	if !ok {
		os.Exit(1)
	}
}

// run tells whether the tests may be called passed.
func run(in io.Reader, out io.Writer) (bool, error) {
	t := newTally(out)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		t.line(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("reading the test events: %w", err)
	}
	return t.close(), nil
}

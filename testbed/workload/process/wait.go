// SPDX-License-Identifier: Apache-2.0

package process

import (
	"fmt"
	"strings"
	"time"
)

// WaitStdout waits for a line of standard output that contains text, and returns
// it. A program that ends first is an error that shows what it printed.
func (p *Process) WaitStdout(text string, timeout time.Duration) (string, error) {
	line, _, err := p.stdout.wait(text, 0, timeout)
	return line, p.explain(err)
}

// WaitStderr is WaitStdout for standard error.
func (p *Process) WaitStderr(text string, timeout time.Duration) (string, error) {
	line, _, err := p.stderr.wait(text, 0, timeout)
	return line, p.explain(err)
}

// Ask tells the program a line and returns its answer: the next line of standard
// output that starts with the same line and a blank, without that start.
func (p *Process) Ask(question string, timeout time.Duration) (string, error) {
	seen, _, _ := p.stdout.lines(0)
	if err := p.Tell(question); err != nil {
		return "", p.explain(err)
	}
	line, _, err := p.stdout.wait(question+" ", len(seen), timeout)
	return strings.TrimPrefix(line, question+" "), p.explain(err)
}

// explain adds what the program printed to an error.
func (p *Process) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w\n%s%s", p.name, err, p.Stdout(), p.Stderr())
}

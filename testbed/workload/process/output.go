// SPDX-License-Identifier: Apache-2.0

package process

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"
)

// output collects what a program prints and lets a test wait for a line of it.
type output struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	changed chan struct{} // closed and made anew at each write
	closed  bool
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.buf.Write(p)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// lines returns the complete lines from the n-th on.
func (o *output) lines(n int) (lines []string, changed <-chan struct{}, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := strings.Split(o.buf.String(), "\n")
	all = all[:len(all)-1] // what follows the last newline is no line yet
	if n < len(all) {
		lines = all[n:]
	}
	return lines, o.changed, o.closed
}

// wait returns the first line that contains text, from the n-th on, and the
// number of the line after it.
func (o *output) wait(text string, n int, timeout time.Duration) (string, int, error) {
	deadline := time.After(timeout)
	for {
		lines, changed, closed := o.lines(n)
		for i, line := range lines {
			if strings.Contains(line, text) {
				return line, n + i + 1, nil
			}
		}
		if closed {
			return "", 0, fmt.Errorf("the program ended without printing %q", text)
		}
		n += len(lines)
		select {
		case <-changed:
		case <-deadline:
			return "", 0, fmt.Errorf("%q was not printed within %s", text, timeout)
		}
	}
}

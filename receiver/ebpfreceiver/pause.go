// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import "time"

// pause says when spans are sent after the next consumer refused some: not at
// once, which would only make what it suffers from worse. It waits twice as long
// after each refusal in a row.
type pause struct {
	wait  time.Duration // of the last refusal, 0: the last batch was taken
	until time.Time     // zero: spans are sent
}

const (
	// firstPause is the interval in which a memory_limiter looks again, by its
	// common configuration.
	firstPause = time.Second
	// longestPause bounds how late the end of the trouble is noticed.
	longestPause = 30 * time.Second
)

// active tells whether no spans are to be sent.
func (p *pause) active() bool { return !p.until.IsZero() }

// refused begins a pause.
func (p *pause) refused(now time.Time) {
	p.wait = min(max(2*p.wait, firstPause), longestPause)
	p.until = now.Add(p.wait)
}

// over ends a pause whose time has passed, and tells whether it did: the next
// batch is a trial.
func (p *pause) over(now time.Time) bool {
	if !p.active() || now.Before(p.until) {
		return false
	}
	p.until = time.Time{}
	return true
}

// taken says that a batch was taken. It tells whether that ended the trouble.
func (p *pause) taken() bool {
	troubled := p.wait != 0
	p.wait = 0
	return troubled
}

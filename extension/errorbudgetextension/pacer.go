// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import "time"

// pacer spreads work of many short steps over time, so that a gate that is asked
// meanwhile waits for none of it: a goroutine that computes on takes one processor
// of perhaps two, and who is woken on that one waits until the kernel thinks that it
// computed enough, which may be milliseconds.
type pacer struct {
	began time.Time // of the part that is being worked at
	now   func() time.Time
	sleep func(time.Duration)
}

const (
	// workAtMost is how long a part of the work takes: as long as a few answers of
	// the gate.
	workAtMost = 200 * time.Microsecond
	// restBetween is how long nothing is done between parts. An evaluation of 20,000
	// objectives takes about a second by it, of the minute that it has.
	restBetween = time.Millisecond
)

// newPacer returns one that rests no more once stop is closed.
func newPacer(stop <-chan struct{}) *pacer {
	return &pacer{began: time.Now(), now: time.Now, sleep: func(d time.Duration) {
		select {
		case <-stop:
		case <-time.After(d):
		}
	}}
}

// step is called after each step.
func (p *pacer) step() {
	if p.now().Sub(p.began) < workAtMost {
		return
	}
	p.sleep(restBetween)
	p.began = p.now()
}

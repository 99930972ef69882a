// SPDX-License-Identifier: Apache-2.0

package slo

import "time"

// waitEdges are the upper bounds, inclusive, of the buckets of Waits.
var waitEdges = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// Spent is how long some requests took in one respect: exact sums, and numbers of
// requests by fixed edges. The zero value is of none.
type Spent struct {
	Sum     time.Duration
	Buckets [len(waitEdges) + 1]uint64
}

func (s *Spent) observe(d time.Duration) {
	s.Sum += d
	for i, edge := range waitEdges {
		if d <= edge {
			s.Buckets[i]++
			return
		}
	}
	s.Buckets[len(waitEdges)]++
}

func (s *Spent) add(o Spent) {
	s.Sum += o.Sum
	for i, n := range o.Buckets {
		s.Buckets[i] += n
	}
}

// AtMost returns the least edge within which a share of the requests lies, such as
// 1/2 for the median. It tells whether there is one: of no requests there is none,
// nor if too many lie beyond the last edge.
func (s Spent) AtMost(share Ratio) (time.Duration, bool) {
	var all, within uint64
	for _, n := range s.Buckets {
		all += n
	}
	for i, edge := range waitEdges {
		if within += s.Buckets[i]; all > 0 && share.Cmp(within, all) <= 0 {
			return edge, true
		}
	}
	return 0, false
}

// Waits is where the time of a server's requests went, of those whose queue time
// is known: waiting to be read, and being handled. It is a value.
type Waits struct {
	Requests       uint64
	Queue, Handler Spent
}

// Observe adds one request.
func (w *Waits) Observe(queue, handler time.Duration) {
	w.Requests++
	w.Queue.observe(queue)
	w.Handler.observe(handler)
}

// Add adds the requests of another one.
func (w *Waits) Add(o Waits) {
	w.Requests += o.Requests
	w.Queue.add(o.Queue)
	w.Handler.add(o.Handler)
}

// QueueRecorder is a Recorder that also takes where the time of requests went. A
// recorder need not be one.
type QueueRecorder interface {
	Recorder

	// Waited adds requests that ended in a minute.
	Waited(service Service, minute Minute, w Waits)
}

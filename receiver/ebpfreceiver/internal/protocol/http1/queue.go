// SPDX-License-Identifier: Apache-2.0

package http1

import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"

// keptRequests are kept for reuse.
const keptRequests = 128

// openRequest is one that is not answered to its end.
type openRequest struct {
	head   []byte // its beginning
	size   uint64 // of it and its body, as far as that is known
	began  moment
	method methodKind
}

// methodKind is what of a method decides about its response's body.
type methodKind uint8

const (
	methodOther methodKind = iota
	methodHead
	methodConnect
)

func methodKindOf(method []byte) methodKind {
	switch string(method) {
	case "HEAD":
		return methodHead
	case "CONNECT":
		return methodConnect
	}
	return methodOther
}

// String returns the method, empty if it decides nothing.
func (k methodKind) String() string {
	switch k {
	case methodHead:
		return "HEAD"
	case methodConnect:
		return "CONNECT"
	}
	return ""
}

// queue is of requests, in their order.
type queue struct {
	of    []*openRequest
	first int // those before it are answered
	free  []*openRequest
	room  *protocol.Room
}

func (q *queue) len() int { return len(q.of) - q.first }

// all returns them. It is valid until the queue changes.
func (q *queue) all() []*openRequest { return q.of[q.first:] }

// front returns the first of one or more.
func (q *queue) front() *openRequest { return q.of[q.first] }

// push adds an empty request, nil if there is no room for it.
func (q *queue) push() *openRequest {
	if q.len() == maxOpen || !q.room.TakeStream() {
		return nil
	}
	if q.first > 0 && len(q.of) == cap(q.of) {
		q.of, q.first = q.of[:copy(q.of, q.all())], 0
	}
	var r *openRequest
	if n := len(q.free); n > 0 {
		r, q.free = q.free[n-1], q.free[:n-1]
	} else {
		r = &openRequest{}
	}
	q.of = append(q.of, r)
	return r
}

// pop takes the first of one or more out. It is valid until the next push.
func (q *queue) pop() *openRequest {
	r := q.front()
	q.first++
	if q.len() == 0 {
		q.of, q.first = q.of[:0], 0
	}
	q.room.GiveStream()
	if len(q.free) < keptRequests {
		q.free = append(q.free, r)
	}
	return r
}

// clear empties it, and returns how many there were.
func (q *queue) clear() int {
	n := q.len()
	for range n {
		q.pop()
	}
	return n
}

// SPDX-License-Identifier: Apache-2.0

package protocol

import "github.com/sloe-dev/sloe/internal/semconv"

// Operations are numbers that the kernel counted of one turn, by the lengths in its
// messages: they are exact however little of the turn was captured.
type Operations struct {
	// Asked is how many operations the request asks for, at least one.
	Asked uint64
	// Answered are those of them that were answered so far, and Failed those of the
	// answered that failed.
	Answered, Failed uint64
	// Complete tells that the response is whole.
	Complete bool
}

// Sequence is a Parser of a protocol whose turns may hold several operations.
// Parse makes the call of the first.
type Sequence interface {
	Parser
	// Next makes the call of the next operation that was captured so far that what it
	// is and how it ended is known. It reports false if there is none: the others are
	// known by their number only. The call is to be reset before.
	Next(turn *Turn, call *Call) bool
}

// Status is how an operation ended, as far as it is known.
type Status uint8

// Statuses of an operation.
const (
	Unknown Status = iota
	OK
	Failed
)

// StatusOf is how the next operation ended by the kernel's numbers. Where some
// failed and others did not, they do not tell which.
func (o *Operations) StatusOf() Status {
	switch {
	case o.Answered < o.Asked:
	case o.Failed == 0:
		return OK
	case o.Failed >= o.Asked:
		return Failed
	}
	return Unknown
}

// PutStatus writes how an operation ended. The code is the value of error.type of
// one that failed.
func (c *Call) PutStatus(s Status, code string) {
	switch s {
	case OK:
		c.StatusClass = semconv.StatusClassOK
	case Failed:
		c.StatusClass = semconv.StatusClassError
		c.Failed = true
		c.ErrorType = code
	default:
		c.StatusClass = semconv.StatusClassUnknown
	}
}

// OtherError is the value of error.type of an operation whose code was not captured
// or is none of the known ones (semantic conventions, error.type).
const OtherError = "_OTHER"

// OtherPath stands for a path in a histogram that has no room for more of them.
const OtherPath = "_OTHER"

// Settle takes what the rest of a response told of an operation that was not
// answered to its end before.
func (c *Call) Settle(failed bool) {
	if c.StatusClass != semconv.StatusClassUnknown {
		return
	}
	if failed {
		c.PutStatus(Failed, OtherError)
		return
	}
	c.PutStatus(OK, "")
}

// PutAborted writes how an operation ended that was never answered.
func (c *Call) PutAborted(turn *Turn) {
	c.StatusClass = semconv.StatusClassUnknown
	c.ErrorType = turn.Outcome.String()
	c.Failed = turn.Outcome == AbortedByServer || turn.Kind == Client
}

// Rest are the operations of a turn that became no call of their own, by how they
// ended.
type Rest struct {
	OK, Failed, Unknown uint64
}

// RestOf returns the operations of a turn besides the calls that were made of it.
func (o *Operations) RestOf(made, ok, failed uint64) Rest {
	rest := Rest{
		Failed: less(min(o.Failed, o.Asked), failed),
		OK:     less(min(less(o.Answered, o.Failed), o.Asked), ok),
	}
	all := less(o.Asked, made)
	rest.Failed = min(rest.Failed, all)
	rest.OK = min(rest.OK, all-rest.Failed)
	rest.Unknown = all - rest.Failed - rest.OK
	return rest
}

func less(a, b uint64) uint64 {
	if b > a {
		return 0
	}
	return a - b
}

// SPDX-License-Identifier: Apache-2.0

package protocol

// Direction tells which way bytes went, as the process saw it.
type Direction uint8

// Directions.
const (
	Received Direction = iota
	Sent
)

// Other returns the opposite direction.
func (d Direction) Other() Direction { return 1 - d }

// Chunk is a piece of one direction of a connection, whose bytes belong to the
// caller. Times are nanoseconds of whatever clock the caller has.
type Chunk struct {
	Direction Direction
	Bytes     []byte
	// Uncaptured bytes follow that passed in the same I/O and were not captured.
	Uncaptured uint32
	// Begins tells that the chunk is the first piece of its I/O.
	Begins bool
	// Boundary is how many bytes behind the chunk's first one the next frame
	// begins, if BoundaryKnown.
	Boundary      uint32
	BoundaryKnown bool

	TimeNs uint64
	// QueueNs is how long the bytes waited before they were read, if QueueKnown.
	QueueNs    uint64
	QueueKnown bool
}

// Link is what is known of a connection.
type Link struct {
	// Kind is 0 if the connection was joined midway: which side is the server is
	// for the bytes to tell.
	Kind Kind
	// FromStart tells that nothing of the connection's protocol was missed.
	FromStart bool
	// Upgrade is the request that the connection's first call answers, nil without one.
	Upgrade *Upgrade
	// Turn has the addresses; its other fields are not set.
	Turn Turn
}

// Upgrade is a request of HTTP/1 that was answered with a switch to HTTP/2. Its answer is
// that of stream 1 (RFC 7540, section 3.2). Texts are empty if they are not known.
type Upgrade struct {
	Method, Scheme, Authority, Path string
	UserAgent                       string
	LongPoll                        bool
	// Incomplete tells that not all of the request's head was captured.
	Incomplete bool

	StartNs    uint64
	QueueNs    uint64
	QueueKnown bool
}

// Upgrader is a Parser of a protocol that may be left for one that multiplexes.
type Upgrader interface {
	Parser
	// Upgrade returns the request of a turn that did so, without its times, else nil.
	Upgrade(turn *Turn) *Upgrade
}

// Streams is a parser of protocols that multiplex: many calls at once on one
// connection. It has no state; the sessions that it makes have.
type Streams interface {
	Open(link *Link, env *Environment) Session
}

// Session reads the chunks of one connection. It is for one goroutine, and has no
// clock: the calls that end carry the times that it was given.
//
// What was missed makes calls unknown, or parts of them, but never wrong.
type Session interface {
	// Read takes the next bytes of a direction. It keeps no reference to them.
	Read(c *Chunk)
	// Miss says that n bytes of a direction passed that nobody knows: proven, the
	// last of them at timeNs, otherwise some time before it.
	Miss(d Direction, n uint32, timeNs uint64, proven bool)
	// Close ends the connection: byPeer, or by the process itself.
	Close(byPeer bool, timeNs uint64)
	// Abandon ends the session, not the connection: calls that are open are
	// indeterminate.
	Abandon()
	// Expire gives up waiting for what a gap may have swallowed before a time.
	Expire(beforeNs uint64)
	// Unanswered returns how many calls are open since before a time.
	Unanswered(beforeNs uint64) int
	// Kind is the side that the process is on, 0 while that is not known.
	Kind() Kind
}

// Environment is what a session has from outside.
type Environment struct {
	// Call is filled in for Sink.Ended, one after the other.
	Call *Call
	Sink Sink
	Room *Room
}

// Sink takes what sessions find.
type Sink interface {
	// Ended takes a call, with the times that the session was given. It is valid
	// during the call only.
	Ended(call *Call)
	// Indeterminate says that n calls took place of which too little is known to
	// count them as calls.
	Indeterminate(n uint64)
	// Upgraded takes the call of a Link's Upgrade in the same way. It is nil if nobody knows
	// how that ended.
	Upgraded(call *Call)
	// Boundary says that a call ended that began before the connection was joined.
	Boundary()
}

// Room bounds what all sessions hold together. A nil Room bounds nothing.
type Room struct {
	// Streams and Bytes are how many more may be held.
	Streams int
	Bytes   int
}

// TakeStream takes the place of a stream, if there is one.
func (r *Room) TakeStream() bool {
	if r == nil {
		return true
	}
	if r.Streams <= 0 {
		return false
	}
	r.Streams--
	return true
}

// GiveStream gives it back.
func (r *Room) GiveStream() {
	if r != nil {
		r.Streams++
	}
}

// TakeBytes takes the place of n bytes, if there is as much.
func (r *Room) TakeBytes(n int) bool {
	if r == nil {
		return true
	}
	if r.Bytes < n {
		return false
	}
	r.Bytes -= n
	return true
}

// GiveBytes gives it back.
func (r *Room) GiveBytes(n int) {
	if r != nil {
		r.Bytes += n
	}
}

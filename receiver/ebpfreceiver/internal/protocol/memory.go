// SPDX-License-Identifier: Apache-2.0

package protocol

// Remembering is a Sequence whose operations are told with what was said before on their
// connection: the database that was chosen, the text of a prepared statement.
type Remembering interface {
	Sequence
	// NewMemory returns what is known of a connection of which nothing was seen. The parser
	// keeps it in bounds, and finds it in turn.Memory.
	NewMemory() any
	// Learn reads an aside: a turn without operations. Nothing is counted of it. The call
	// lends what makes texts, and is left as it is.
	Learn(turn *Turn, call *Call)
}

// Missed tells what was not seen of a connection since the turn before.
type Missed uint8

// What was not seen.
const (
	Nothing Missed = iota
	// Turns: operations that were counted by the kernel alone.
	Turns
	// Asides: turns without operations among them, or all that came before.
	Asides
)

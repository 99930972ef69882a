// SPDX-License-Identifier: Apache-2.0

package protocol

import "net/netip"

// Result is what a parser made of a turn.
type Result uint8

// Results of Parse.
const (
	// Invalid: the bytes are not of this protocol. The exchange is counted as
	// unparsed.
	Invalid Result = iota
	// Whole: the call is filled in, and its end is the response's end.
	Whole
	// Growing: the call is filled in, and the response goes on beyond the
	// captured prefix. Turn.ResponseLength tells how far, if the response says.
	Growing
)

// Turn is what was captured of one exchange. The bytes belong to the caller and
// are valid during Parse only.
type Turn struct {
	Kind    Kind
	Outcome Outcome

	// Request and Response are captured prefixes. A response prefix is that of
	// the final response.
	Request  []byte
	Response []byte
	// RequestBytes and ResponseBytes are how much went over the connection up to
	// now.
	RequestBytes  uint64
	ResponseBytes uint64
	// RequestGap tells that the request's prefix has a hole behind its end.
	RequestGap bool

	// Operations is what the kernel counted on its walk along the turn, of protocols
	// that it walks along.
	Operations Operations
	// RequestAt and ResponseAt are where the next operation, and its answer, begin in
	// the captured prefixes, for a Sequence; negative: not in them.
	RequestAt, ResponseAt int

	// Memory is what NewMemory made for the connection, nil for other parsers, and Missed
	// what was not seen of it since the turn before.
	Memory any
	Missed Missed
	// Unremembered is set by Parse and Next: what the operation runs was said before, and
	// is not known.
	Unremembered bool

	// LastChunk tells that the response's bytes so far go beyond the captured
	// prefix and end like a chunked body.
	LastChunk bool

	// Status is the status code that the kernel read, 0 if it read none.
	Status int

	// Local and Remote are the socket's addresses, not valid for a Unix socket.
	Local  netip.AddrPort
	Remote netip.AddrPort
	// Unix tells that it is a Unix socket, and SocketName is the server's name,
	// empty if it has none.
	Unix       bool
	SocketName string

	// ResponseLength is set by Parse: the bytes of the whole response, 0 if they
	// are not known.
	ResponseLength uint64
	// ResponseChunked is set by Parse: a last chunk ends the response.
	ResponseChunked bool
	// Further is set by Parse: how many more requests the turn holds than the one
	// in the call (pipelining).
	Further uint64
	// FurtherUnknown is set by Parse: the turn may hold more requests than were
	// captured.
	FurtherUnknown bool
}

// Parser reads the turns of one protocol. It has no state and may be used from
// any goroutine.
//
// To add a protocol: one package with its testdata, one line in registry.go, one
// header in bpf/detect.
type Parser interface {
	// Parse reads the turn and fills in all of the call but its times and
	// outcome. It keeps no reference to the turn's bytes.
	Parse(turn *Turn, call *Call) Result
}

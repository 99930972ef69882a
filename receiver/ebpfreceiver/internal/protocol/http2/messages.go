// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"encoding/binary"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// messages are those of gRPC in one direction of a stream, as far as the beginnings of
// its DATA frames tell of them. The rest of a frame is not captured.
type messages struct {
	left uint64 // of the message that is going on
	any  bool
	// many tells that there was more than one. It is never guessed.
	many bool
	// lost tells that where messages begin is not known any more.
	lost bool
}

// frame takes a DATA frame, of which b is the beginning of the payload.
func (m *messages) frame(f *frame, b []byte) {
	if m.many || m.lost || f.length == 0 {
		return
	}
	if f.flags&flagPadded != 0 {
		m.lost = true
		return
	}
	length := uint64(f.length)
	if m.left >= length {
		m.left -= length
		return
	}
	if m.left > 0 { // another message begins within the frame
		m.many = true
		return
	}
	if len(b) < messagePrefix || b[0] > 1 {
		m.lost = true
		return
	}
	if m.any {
		m.many = true
		return
	}
	m.any = true
	whole := messagePrefix + uint64(binary.BigEndian.Uint32(b[1:]))
	if whole < length {
		m.many = true
		return
	}
	m.left = whole - length
}

// streaming is the value of sloe.rpc.streaming, empty if nobody sent more than one
// message, or if that is not known of either side.
func streaming(client, server *messages) string {
	if client.lost && !client.many || server.lost && !server.many {
		return ""
	}
	switch {
	case client.many && server.many:
		return semconv.RPCStreamingBidirectional
	case client.many:
		return semconv.RPCStreamingClient
	case server.many:
		return semconv.RPCStreamingServer
	}
	return ""
}

// SPDX-License-Identifier: Apache-2.0

package http2

import "encoding/binary"

// Frame types (RFC 9113, section 6), and preface for the client's.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	framePriority     = 0x2
	frameRSTStream    = 0x3
	frameSettings     = 0x4
	framePushPromise  = 0x5
	framePing         = 0x6
	frameGoAway       = 0x7
	frameWindowUpdate = 0x8
	frameContinuation = 0x9

	framePreface = 0x100
	frameUnknown = 0x101 // its header was not seen
)

const (
	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

const (
	headerSize = 9
	// maxUnasked is the largest frame that a peer may send unasked (section 4.2).
	maxUnasked  = 16 << 10
	prefaceHead = "PRI * HTT" // where a frame header would be
	prefaceRest = 15
)

// frame is a frame header.
type frame struct {
	length uint32
	kind   uint16
	flags  uint8
	stream uint32
}

func parseFrame(b []byte) frame {
	if string(b[:headerSize]) == prefaceHead {
		return frame{kind: framePreface, length: prefaceRest}
	}
	return frame{
		length: uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]),
		kind:   uint16(b[3]),
		flags:  b[4],
		stream: binary.BigEndian.Uint32(b[5:]) &^ (1 << 31),
	}
}

// sound tells whether a header could be one: its length suits its type, and its
// stream does. Types that the RFC does not have are to be ignored (section 5.5); a
// large one is more likely none.
func (f *frame) sound() bool {
	switch f.kind {
	case frameData, frameContinuation:
		return f.stream != 0
	case frameHeaders:
		return f.stream != 0 && f.length > 0
	case framePriority:
		return f.stream != 0 && f.length == 5
	case frameRSTStream:
		return f.stream != 0 && f.length == 4
	case frameSettings:
		return f.stream == 0 && f.length%6 == 0
	case framePushPromise:
		return f.stream != 0 && f.length > 4
	case framePing:
		return f.stream == 0 && f.length == 8
	case frameGoAway:
		return f.stream == 0 && f.length >= 8
	case frameWindowUpdate:
		return f.length == 4
	case framePreface:
		return true
	}
	return f.length <= maxUnasked
}

// wanted tells whether the payload says something that is needed.
func (f *frame) wanted() bool {
	switch f.kind {
	case frameHeaders, frameContinuation, framePushPromise, frameRSTStream:
		return true
	}
	return false
}

// proves tells whether bytes at the beginning of an I/O are frames: three headers
// in a row, or two and nothing left open (as bpf/detect/http2.h has it).
func proves(b []byte) bool {
	headers := 0
	for len(b) >= headerSize {
		f := parseFrame(b)
		if f.kind == framePreface {
			return true
		}
		if f.kind > frameContinuation || !f.sound() {
			return false
		}
		if f.length > 0 || headers > 0 {
			headers++
		}
		if headers == 3 {
			return true
		}
		if uint64(len(b)) < headerSize+uint64(f.length) {
			return false
		}
		b = b[headerSize+f.length:]
	}
	return headers == 2 && len(b) == 0
}

// unpad removes padding and priority (sections 6.1, 6.2) from a payload. It reports
// false if the payload is not as long as it says.
func (f *frame) unpad(b []byte) ([]byte, bool) {
	pad := 0
	if f.flags&flagPadded != 0 {
		if len(b) == 0 {
			return nil, false
		}
		pad = int(b[0])
		b = b[1:]
	}
	if f.kind == frameHeaders && f.flags&flagPriority != 0 {
		if len(b) < 5 {
			return nil, false
		}
		b = b[5:]
	}
	if f.kind == framePushPromise {
		if len(b) < 4 {
			return nil, false
		}
		b = b[4:]
	}
	if pad > len(b) {
		return nil, false
	}
	return b[:len(b)-pad], true
}

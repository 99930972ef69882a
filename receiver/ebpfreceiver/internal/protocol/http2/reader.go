// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

const (
	// maxPayload bounds the payload of one frame that is held until it is whole, and
	// of one header block over its frames. Header lists are of a few kilobytes;
	// servers refuse those above 8 to 32 (nginx, net/http).
	maxPayload = 64 << 10
)

// moment is when bytes passed.
type moment struct {
	ns         uint64
	queueNs    uint64
	queueKnown bool
}

// reader finds the frames of one direction.
type reader struct {
	s         *session
	direction protocol.Direction

	synced bool
	// head is the beginning of a frame header that was cut.
	head    [headerSize]byte
	headLen int

	frame   frame
	left    uint32 // of the frame's payload
	began   moment
	payload []byte // of a wanted frame, if it came in parts
	broken  bool   // part of a wanted payload is missing
	// prefix is the beginning of a DATA frame's payload, as far as prefixLen; -1: it
	// is not known.
	prefix    [messagePrefix]byte
	prefixLen int

	// gap tells that bytes between frames were missed since the last request.
	gap bool

	headers headerReader
}

// read takes bytes, of which the I/O was done at a moment.
func (r *reader) read(c *protocol.Chunk) {
	at := moment{c.TimeNs, c.QueueNs, c.QueueKnown}
	b := c.Bytes
	if r.synced && c.BoundaryKnown && (r.headLen > 0 || r.left != c.Boundary) {
		r.lose(c.TimeNs) // the kernel walked over bytes that are not known here
	}
	if !r.synced {
		switch {
		case c.BoundaryKnown:
			r.synced, r.left, r.frame = true, c.Boundary, frame{kind: frameUnknown}
		case c.Begins && proves(b):
			r.synced, r.left, r.frame = true, 0, frame{kind: frameUnknown}
		default:
			return
		}
	}
	for len(b) > 0 && r.synced {
		b = r.step(b, at)
	}
	if r.synced && c.Uncaptured > 0 {
		r.skip(c.Uncaptured, at, true)
	}
}

// step takes a header, or a part of one, or of a payload.
func (r *reader) step(b []byte, at moment) []byte {
	if r.left > 0 {
		n := min(r.left, uint32(len(b)))
		r.take(b[:n], at)
		return b[n:]
	}
	if r.headLen == 0 {
		r.began = at
		if len(b) >= headerSize {
			r.begin(parseFrame(b), at)
			return b[headerSize:]
		}
	}
	n := copy(r.head[r.headLen:], b)
	r.headLen += n
	if r.headLen == headerSize {
		r.headLen = 0
		r.begin(parseFrame(r.head[:]), at)
	}
	return b[n:]
}

// begin takes a frame header.
func (r *reader) begin(f frame, at moment) {
	if !f.sound() {
		r.lose(at.ns)
		return
	}
	r.frame, r.left, r.broken, r.prefixLen = f, f.length, false, 0
	if f.wanted() && f.length > maxPayload {
		r.broken = true
	}
	if f.kind == framePreface {
		r.s.preface(r.direction)
	}
	if r.left == 0 {
		r.end(nil, at, true)
	}
}

// take takes bytes of a payload.
func (r *reader) take(b []byte, at moment) {
	r.left -= uint32(len(b))
	if r.frame.kind == frameData && r.prefixLen >= 0 && r.prefixLen < messagePrefix {
		r.prefixLen += copy(r.prefix[r.prefixLen:], b)
		if r.prefixLen == messagePrefix || r.left == 0 {
			r.s.dataBegins(r.direction, &r.frame, r.prefix[:r.prefixLen])
		}
	}
	if !r.frame.wanted() || r.broken {
		if r.left == 0 {
			r.end(nil, at, true)
		}
		return
	}
	if r.left == 0 && len(r.payload) == 0 {
		r.end(b, at, true)
		return
	}
	if !r.s.env.Room.TakeBytes(len(b)) {
		r.spoil()
	} else {
		r.payload = append(r.payload, b...)
	}
	if r.left == 0 {
		payload := r.payload
		r.end(payload, at, true)
		r.release()
	}
}

// spoil gives up a payload.
func (r *reader) spoil() {
	r.release()
	r.broken = true
}

func (r *reader) release() {
	r.s.env.Room.GiveBytes(len(r.payload))
	r.payload = r.payload[:0]
	if cap(r.payload) > 4096 {
		r.payload = nil // seldom so large: not to be held for good
	}
}

// skip passes over bytes that are not known. proven: they passed at the moment
// given; otherwise some time before.
func (r *reader) skip(n uint32, at moment, proven bool) {
	if r.headLen > 0 || n > r.left {
		r.lose(at.ns)
		return
	}
	r.left -= n
	if r.prefixLen >= 0 && r.prefixLen < messagePrefix {
		r.prefixLen = -1
		if r.frame.kind == frameData {
			r.s.dataUnknown(r.direction, r.frame.stream)
		}
	}
	if r.frame.wanted() {
		r.spoil()
	}
	if r.left == 0 {
		r.end(nil, at, proven)
	}
}

// lose says that where the next frame begins is not known.
func (r *reader) lose(ns uint64) {
	if !r.synced {
		return
	}
	r.synced, r.left, r.headLen, r.gap = false, 0, 0, true
	r.release()
	r.headers.drop()
	r.headers.forget()
	r.s.touch(ns)
}

// end takes the end of a frame. The payload is nil of frames that are not wanted.
func (r *reader) end(payload []byte, at moment, proven bool) {
	f := &r.frame
	switch f.kind {
	case frameHeaders, framePushPromise:
		if r.headers.open() {
			r.headers.forget() // a block that was never ended: part of it is missing
		}
		r.headers.begin(f, r.began)
		r.fragment(payload)
	case frameContinuation:
		if !r.headers.open() || r.headers.frame.stream != f.stream {
			r.headers.drop()
			r.headers.forget()
			return
		}
		r.headers.frame.flags |= f.flags & flagEndHeaders
		r.fragment(payload)
	case frameData:
		r.s.data(r.direction, f, at, proven)
	case frameRSTStream:
		r.s.reset(r.direction, f.stream, payload, at)
	default:
		return
	}
	if r.headers.open() && r.headers.frame.flags&flagEndHeaders != 0 {
		h, began := r.headers.frame, r.headers.began
		fields := r.headers.decode()
		if h.kind == frameHeaders {
			r.s.block(r.direction, &h, fields, began, at, proven)
		}
	}
}

// fragment adds a part of a header block.
func (r *reader) fragment(payload []byte) {
	f := &r.frame
	b, ok := payload, true
	if f.kind != frameContinuation {
		b, ok = f.unpad(payload)
	}
	if r.broken || !ok {
		r.headers.broken = true
		return
	}
	r.headers.add(b)
}

// close frees what is held.
func (r *reader) close() {
	r.release()
	r.headers.drop()
}

// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

// response is what is known of a response's head.
type response struct {
	contentLength uint64
	lengthKnown   bool
	chunked       bool
	// events tells that the body is a stream of server-sent events.
	events bool
	// lineSize is that of the status line, and headSize of the whole head: 0 if its end
	// was not captured.
	lineSize, headSize int
}

func parseResponse(b []byte) response {
	var r response
	nl := bytes.IndexByte(b, '\n')
	if nl < 0 {
		return r
	}
	r.lineSize = nl + 1
	w := fieldWalk{b: b[nl+1:]}
	for field, more := w.next(); more; field, more = w.next() {
		switch initial(field) {
		case 'c':
			if value, is := valueOf(field, "content-length"); is {
				r.contentLength, r.lengthKnown = parseLength(value)
			} else if value, is = valueOf(field, "content-type"); is {
				r.events = httpcall.IsEvents(string(value))
			}
		case 't':
			if _, is := valueOf(field, "transfer-encoding"); is {
				r.chunked = true
			}
		}
	}
	r.headSize = w.headSize(nl + 1)
	return r
}

// extent tells whether the response ended with the bytes that went by (RFC
// 9112, section 6.3).
func (r *response) extent(turn *protocol.Turn, method string) protocol.Result {
	kind := r.body(method, turn.Status)
	if kind == bodyNone || kind == bodyTunnel {
		return protocol.Whole
	}
	if r.headSize == 0 {
		return protocol.Growing
	}
	if kind == bodyChunked {
		// its end is visible to the kernel, or here if all of it was captured
		if turn.LastChunk || uint64(len(turn.Response)) == turn.ResponseBytes && chunksEnd(turn.Response[r.headSize:]) {
			return protocol.Whole
		}
		turn.ResponseChunked = true
		return protocol.Growing
	}
	if kind == bodyToClose {
		return protocol.Growing
	}
	turn.ResponseLength = uint64(r.headSize) + r.contentLength
	if turn.ResponseBytes >= turn.ResponseLength {
		return protocol.Whole
	}
	return protocol.Growing
}

// chunksEnd tells whether a chunked body, trailers included, is there to its end
// (RFC 9112, section 7.1). A last chunk inside of a chunk's data is none.
func chunksEnd(b []byte) bool {
	for {
		line, rest, ok := bytes.Cut(b, []byte{'\n'})
		if !ok {
			return false
		}
		size, ok := chunkSize(line)
		if !ok {
			return false
		}
		if size == 0 {
			return headEnds(rest)
		}
		if uint64(len(rest)) < size {
			return false
		}
		if _, b, ok = bytes.Cut(rest[size:], []byte{'\n'}); !ok {
			return false
		}
	}
}

// headEnds tells whether the empty line behind the fields of b was captured.
func headEnds(b []byte) bool {
	w := fieldWalk{b: b}
	for _, more := w.next(); more; _, more = w.next() {
	}
	return w.ended
}

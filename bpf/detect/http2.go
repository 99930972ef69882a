// SPDX-License-Identifier: Apache-2.0

package detect

/*
#cgo CFLAGS: -Wall -Werror
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "http2.h"
*/
import "C"

import "unsafe"

// HTTP2Proven is how many headers in a row are no accident.
const HTTP2Proven = int(C.HTTP2_PROVEN)

// HTTP2Walk is struct http2_walk.
type HTTP2Walk struct{ walk C.struct_http2_walk }

// Take walks over bytes, and reports false where no header stands.
func (w *HTTP2Walk) Take(b []byte) bool {
	for at := 0; at < len(b); {
		p := make([]byte, max(len(b)-at, int(C.HTTP2_HEAD)))
		for i := copy(p, b[at:]); i < len(p); i++ {
			p[i] = poison
		}
		taken := C.http2_step(&w.walk, (*C.uchar)(unsafe.Pointer(&p[0])), C.uint(len(b)-at))
		if taken == 0 {
			C.http2_lose(&w.walk)
			return false
		}
		at += int(taken)
	}
	return true
}

// Miss says that bytes went by unseen.
func (w *HTTP2Walk) Miss(n int) { C.http2_miss(&w.walk, C.uint(n)) }

// Trust says that the next bytes begin with a header.
func (w *HTTP2Walk) Trust() { w.walk.proven = C.HTTP2_PROVEN }

// Left is how many bytes of a frame are still to come.
func (w *HTTP2Walk) Left() int { return int(w.walk.left) }

// Headers is how many headers in a row were sound, at most HTTP2Proven.
func (w *HTTP2Walk) Headers() int { return int(w.walk.proven) }

// Proven is http2_is_proven behind an I/O of so many bytes.
func (w *HTTP2Walk) Proven(total int) bool { return C.http2_is_proven(&w.walk, C.uint(total)) != 0 }

// HTTP2Client is http2_claim_client.
func HTTP2Client(b []byte) bool { return C.http2_claim_client(buffer(b), C.uint(len(b))) != 0 }

// HTTP2Server is http2_claim_server.
func HTTP2Server(b []byte) bool { return C.http2_claim_server(buffer(b), C.uint(len(b))) != 0 }

// HTTP2LoneHeaders is http2_is_lone_headers of an I/O of total bytes.
func HTTP2LoneHeaders(b []byte, total int) bool {
	return C.http2_is_lone_headers(buffer(b), C.uint(len(b)), C.uint(total)) != 0
}

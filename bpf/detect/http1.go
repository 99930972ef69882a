// SPDX-License-Identifier: Apache-2.0

package detect

/*
#cgo CFLAGS: -Wall -Werror
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "http1.h"
*/
import "C"

import "unsafe"

// Claim is what the detector says of bytes: enum detected.
type Claim int

// Claims.
const (
	No   = Claim(C.DETECT_NO)
	More = Claim(C.DETECT_MORE)
	Yes  = Claim(C.DETECT_YES)
)

// StatusLine is how many bytes decide about a response.
const StatusLine = int(C.DETECT_STATUS_LINE)

// poison fills the buffer behind the valid bytes: what is there must not matter.
const poison = '/'

// buffer has the valid bytes and, behind them, as many as the detector may read.
func buffer(b []byte) *C.uchar {
	padded := make([]byte, max(len(b), int(C.DETECT_WINDOW)))
	for i := copy(padded, b); i < len(padded); i++ {
		padded[i] = poison
	}
	return (*C.uchar)(unsafe.Pointer(&padded[0]))
}

// HTTP1Request is detect_http1_request.
func HTTP1Request(b []byte) Claim { return Claim(C.detect_http1_request(buffer(b), C.uint(len(b)))) }

// HTTP1Response is detect_http1_response.
func HTTP1Response(b []byte) Claim { return Claim(C.detect_http1_response(buffer(b), C.uint(len(b)))) }

// Head is how many bytes HTTP1HeadEnd looks at.
const Head = int(C.DETECT_HEAD)

// HTTP1HeadEnd is detect_http1_head_end.
func HTTP1HeadEnd(b []byte) int {
	padded := make([]byte, max(len(b), Head)+int(C.DETECT_HEAD_OVER))
	for i := copy(padded, b); i < len(padded); i++ {
		padded[i] = "\r\n"[i&1] // what is there must not matter
	}
	return int(C.detect_http1_head_end((*C.uchar)(unsafe.Pointer(&padded[0])), C.uint(len(b))))
}

// HTTP1Status is detect_http1_status, for bytes that HTTP1Response said Yes to.
func HTTP1Status(b []byte) int { return int(C.detect_http1_status(buffer(b))) }

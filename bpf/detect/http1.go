// SPDX-License-Identifier: Apache-2.0

package detect

/*
#cgo CFLAGS: -Wall -Werror
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "http1.h"

// Whether a field of a head says so, as the kernel looks for it.
static int http1_waits(const unsigned char *p, unsigned int len, int response)
{
	unsigned int at = response ? detect_http1_field(p, len, len, FIELD_CONTENT_TYPE) : detect_http1_field(p, len, len, FIELD_PREFER);

	return at && (response ? detect_is_events_field(p + at, len - at) : detect_is_long_poll_field(p + at, len - at));
}
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
	return int(C.detect_http1_head_end(head(b, int(C.DETECT_HEAD_OVER)), C.uint(len(b))))
}

// HTTP1Waits tells whether the head of a request is of a long poll, or that of a response
// of server-sent events.
func HTTP1Waits(b []byte, response bool) bool {
	is := C.int(0)
	if response {
		is = 1
	}
	return C.http1_waits(head(b, int(C.DETECT_FIELD_OVER)), C.uint(len(b)), is) != 0
}

// head has the valid bytes and those behind them: as many as are looked at, and over.
func head(b []byte, over int) *C.uchar {
	padded := make([]byte, max(len(b), Head)+over)
	for i := copy(padded, b); i < len(padded); i++ {
		padded[i] = "\r\n"[i&1] // what is there must not matter
	}
	return (*C.uchar)(unsafe.Pointer(&padded[0]))
}

// HTTP1Status is detect_http1_status, for bytes that HTTP1Response said Yes to.
func HTTP1Status(b []byte) int { return int(C.detect_http1_status(buffer(b))) }

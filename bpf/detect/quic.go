// SPDX-License-Identifier: Apache-2.0

package detect

/*
#cgo CFLAGS: -Wall -Werror
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "quic.h"
*/
import "C"

import "unsafe"

// QUICInitial is detect_quic_initial.
func QUICInitial(b []byte) uint64 {
	padded := make([]byte, max(len(b), int(C.DETECT_QUIC)))
	for i := copy(padded, b); i < len(padded); i++ {
		padded[i] = poison
	}
	return uint64(C.detect_quic_initial((*C.uchar)(unsafe.Pointer(&padded[0])), C.uint(len(b))))
}

// SPDX-License-Identifier: Apache-2.0

package detect

/*
#cgo CFLAGS: -Wall -Werror
#include <stdbool.h>
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "tls.h"
*/
import "C"

// TLSHeader is how many bytes TLSRecord reads.
const TLSHeader = int(C.DETECT_TLS_HEADER)

// TLSRecord is detect_tls_record.
func TLSRecord(b []byte) bool { return bool(C.detect_tls_record(buffer(b), C.uint(len(b)))) }

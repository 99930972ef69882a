// SPDX-License-Identifier: Apache-2.0

package http1

import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"

// countFurther looks for requests behind the first one (pipelining, RFC 9112,
// section 9.3.2). A request whose head was not captured to its end, or whose
// body's size is not known, is taken as the only one, unless others came before
// it: then the connection pipelines, and there may be more.
func countFurther(turn *protocol.Turn, first *request) {
	b, total := turn.Request, turn.RequestBytes
	for r := *first; ; {
		if r.headSize == 0 || r.sizeUnknown {
			known := r.headSize
			if known == 0 {
				known = len(b)
			}
			turn.FurtherUnknown = turn.Further > 0 && total > uint64(known)
			return
		}
		size := uint64(r.headSize) + r.contentLength
		if total <= size {
			return
		}
		total -= size
		if uint64(len(b)) <= size {
			turn.FurtherUnknown = true
			return
		}
		b = b[size:]
		next, found := parseRequest(b)
		switch {
		case found == lineInvalid:
			return // the rest of a body that came after all
		case next.line.size == 0: // cut before its line ended, which would have proven it
			turn.FurtherUnknown = true
			return
		}
		turn.Further++
		r = next
	}
}

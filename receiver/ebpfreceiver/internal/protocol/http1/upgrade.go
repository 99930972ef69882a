// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

var _ protocol.Upgrader = Parser{}

// upgradeHTTP2 is the name of HTTP/2 without TLS in Upgrade (RFC 7540, section 3.1).
const upgradeHTTP2 = "h2c"

// Upgrade implements protocol.Upgrader.
func (Parser) Upgrade(turn *protocol.Turn) *protocol.Upgrade {
	if turn.Outcome != protocol.Answered || turn.Status != 101 || !switchesToHTTP2(turn.Response) {
		return nil
	}
	req, found := parseRequest(turn.Request)
	if found != lineFound {
		return nil
	}
	t := parseTarget(&req.line)
	authority := req.host
	if t.absolute {
		authority = t.authority
	}
	return &protocol.Upgrade{
		Method: string(req.line.method), Scheme: t.scheme, Authority: string(authority), Path: strings.Clone(string(t.path)),
		UserAgent: string(req.userAgent), LongPoll: req.longPoll, Incomplete: req.headSize == 0,
	}
}

// switchesToHTTP2 tells whether the head of a 101 says so. One whose end was not captured
// does not: the kernel does not follow it either.
func switchesToHTTP2(b []byte) bool {
	nl := bytes.IndexByte(b, '\n')
	if nl < 0 {
		return false
	}
	http2 := false
	w := fieldWalk{b: b[nl+1:]}
	for field, more := w.next(); more; field, more = w.next() {
		if value, is := valueOf(field, "upgrade"); is && equalFold(value, upgradeHTTP2) {
			http2 = true
		}
	}
	return http2 && w.ended
}

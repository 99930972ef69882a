// SPDX-License-Identifier: Apache-2.0

package http2

import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"

// upgradedStream is the one that answers the request of an upgrade (RFC 7540, section
// 3.2).
const upgradedStream = 1

// openUpgraded opens the stream that answers a request of HTTP/1. Without room for it
// nobody will know how that ended.
func (s *session) openUpgraded(u *protocol.Upgrade) {
	s.upgraded = true
	s.firstRequest, s.lastRequest = upgradedStream, upgradedStream
	st := s.add(upgradedStream)
	if st == nil {
		s.env.Sink.Upgraded(nil)
		return
	}
	st.open(&fields{
		method: u.Method, scheme: u.Scheme, authority: u.Authority, path: u.Path, userAgent: u.UserAgent, longPoll: u.LongPoll, unknown: u.Incomplete,
	}, moment{u.StartNs, u.QueueNs, u.QueueKnown})
	st.upgraded = true
}

func (s *session) isUpgraded(st *stream) bool { return s.upgraded && st.id == upgradedStream }

// SPDX-License-Identifier: Apache-2.0

package http2

// touch marks what is open: something of it may have been missed.
func (s *session) touch(ns uint64) {
	for _, st := range s.streams {
		s.touchStream(st, ns)
		st.asked.lost, st.said.lost = true, true
	}
}

func (s *session) touchStream(st *stream, ns uint64) {
	if st.touchedNs == 0 {
		st.touchedNs = max(ns, 1)
		s.touched++
	}
}

// Expire implements protocol.Session.
func (s *session) Expire(beforeNs uint64) {
	if s.touched == 0 {
		return
	}
	for _, st := range s.held() {
		if st.touchedNs != 0 && st.touchedNs < beforeNs {
			s.giveUp(st)
		}
	}
}

// giveUp counts a stream of which nobody knows how it ended.
func (s *session) giveUp(st *stream) {
	switch {
	case s.isUpgraded(st):
		s.env.Sink.Upgraded(nil)
	case st.request:
		s.env.Sink.Indeterminate(1)
	}
	s.remove(st)
}

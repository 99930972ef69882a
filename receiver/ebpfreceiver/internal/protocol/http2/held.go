// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"cmp"
	"maps"
	"slices"
)

// held returns the streams that are held, in order.
func (s *session) held() []*stream {
	return slices.SortedFunc(maps.Values(s.streams), func(a, b *stream) int { return cmp.Compare(a.id, b.id) })
}

// add holds a stream, if there is room.
func (s *session) add(id uint32) *stream {
	if len(s.streams) >= maxStreams || !s.env.Room.TakeStream() {
		return nil
	}
	var st *stream
	if n := len(s.free); n > 0 {
		st, s.free = s.free[n-1], s.free[:n-1]
	} else {
		st = &stream{}
	}
	*st = stream{id: id, grpcStatus: -1}
	s.streams[id] = st
	return st
}

func (s *session) remove(st *stream) {
	delete(s.streams, st.id)
	for side := range st.further {
		s.env.Room.GiveBytes(octetsOf(st.further[side]))
	}
	s.env.Room.GiveStream()
	if !st.request {
		s.early--
	}
	if st.touchedNs != 0 {
		s.touched--
	}
	if len(s.free) < keptStreams {
		s.free = append(s.free, st)
	}
}

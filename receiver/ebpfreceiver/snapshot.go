// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"sync"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
)

// snapshots reads the kernel's counters once a collection of metrics, so that sums
// which are equal in the kernel are equal there, however many metrics are made of
// them. The collector runs the metrics' callbacks one after the other, and tells
// nobody where a collection begins: it begins with the callback that has had the
// last snapshot already.
type snapshots struct {
	read func() (capture.Counters, error)

	mu       sync.Mutex
	number   uint64
	counters capture.Counters
	err      error
}

// reader returns what one callback reads the counters with. They are not to be
// changed.
func (s *snapshots) reader() func() (*capture.Counters, error) {
	var had uint64
	return func() (*capture.Counters, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if had == s.number {
			s.counters, s.err = s.read()
			s.number++
		}
		had = s.number
		counters := s.counters
		return &counters, s.err
	}
}

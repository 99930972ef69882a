// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// LastEvent returns the newest minute with events of a service, -1 if there was
// none or it was never seen.
func (l *Ledger) LastEvent(service slo.Service) slo.Minute {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.services[service]
	if !ok {
		return -1
	}
	event, _ := s.lastEvents()
	return event
}

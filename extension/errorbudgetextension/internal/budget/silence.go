// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// LastEvent returns the newest minute with events of a service, -1 if there was
// none or it was never seen.
func (l *Ledger) LastEvent(service slo.Service) slo.Minute {
	sh := l.shardOf(service.Name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s, ok := sh.services[service]
	if !ok {
		return -1
	}
	event, _ := s.lastEvents()
	return event
}

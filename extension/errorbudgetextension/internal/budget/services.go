// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Services lists every service that was seen, by name, namespace and
// environment.
func (l *Ledger) Services() []slo.Service {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]slo.Service, 0, len(l.services))
	for id := range l.services {
		all = append(all, id)
	}
	slices.SortFunc(all, CompareServices)
	return all
}

// Named lists the services of a name that were seen, in the same order.
func (l *Ledger) Named(name string) []slo.Service {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.byName[name])
}

// CompareServices orders services by name, namespace and environment.
func CompareServices(a, b slo.Service) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return strings.Compare(a.Environment, b.Environment)
}

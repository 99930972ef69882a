// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"sync"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// routes are those that are told of each process, the first ones that it had, with the
// name of a span: callers choose paths, so that there has to be a bound.
type routes struct {
	max int
	mu  sync.Mutex
	of  map[*process.Identity]*processRoutes
}

type processRoutes struct {
	told  map[string]struct{}
	names map[spanName]string
}

type spanName struct{ method, route string }

func newRoutes(most int) *routes {
	return &routes{max: most, of: map[*process.Identity]*processRoutes{}}
}

// put adds the route to a call, if it is one of those that are told. Its span has the
// name of method and route then.
func (r *routes) put(id *process.Identity, call *protocol.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of[id]
	if known == nil {
		known = &processRoutes{told: map[string]struct{}{}, names: map[spanName]string{}}
		r.of[id] = known
	}
	if _, ok := known.told[call.Route]; !ok {
		if len(known.told) >= r.max {
			return
		}
		known.told[call.Route] = struct{}{}
	}
	call.Text(semconv.HTTPRoute, call.Route, true)
	key := spanName{call.Name, call.Route}
	name, ok := known.names[key]
	if !ok {
		name = call.Name + " " + call.Route
		known.names[key] = name
	}
	call.Name = name
}

// forget drops those of a process that is gone.
func (r *routes) forget(id *process.Identity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, id)
}

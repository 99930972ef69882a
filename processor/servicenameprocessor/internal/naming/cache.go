// SPDX-License-Identifier: Apache-2.0

package naming

import "sync"

const (
	// maxCached bounds the processes that are remembered; a host runs fewer
	// command lines that serve or call.
	maxCached = 2048
	// maxKey keeps command lines out whose class path alone would fill the
	// memory: 2048 of the largest keys are 16 MiB.
	maxKey = 8 << 10
)

// Namer names processes and remembers its answers. It may be used from any
// goroutine.
type Namer struct {
	tables *Tables
	byHand Map

	mu     sync.RWMutex
	cached map[string]Answer
	keys   sync.Pool // of *[]byte
}

// NewNamer returns a Namer with the embedded tables and the names given by hand.
func NewNamer(byHand Map) (*Namer, error) {
	tables, err := Load()
	if err != nil {
		return nil, err
	}
	return &Namer{
		tables: tables, byHand: byHand, cached: map[string]Answer{},
		keys: sync.Pool{New: func() any { return new([]byte) }},
	}, nil
}

// Name decides what a service is called. An Answer without a name leaves the
// resource as it is.
func (n *Namer) Name(p *Process, given Given) Answer {
	real := n.tables.Real(given.Name)
	if !p.Known() {
		if real {
			return Answer{given.Name, FromExisting}
		}
		return n.tables.ResolveGiven(given)
	}
	a := n.process(p)
	switch {
	case a.Source == FromMap:
		return a
	case real:
		return Answer{given.Name, FromExisting}
	}
	return a
}

// process answers from the process alone: by hand, or by its command line.
func (n *Namer) process(p *Process) Answer {
	key := n.keys.Get().(*[]byte)
	defer n.keys.Put(key)
	*key = appendKey((*key)[:0], p)

	n.mu.RLock()
	a, ok := n.cached[string(*key)]
	n.mu.RUnlock()
	if ok {
		return a
	}
	if name, ok := n.byHand.Match(p); ok {
		a = Answer{name, FromMap}
	} else {
		a = n.tables.Resolve(p)
	}
	if len(*key) > maxKey {
		return a
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.cached) >= maxCached {
		clear(n.cached) // cheaper than to know which are old; all are found anew
	}
	n.cached[string(*key)] = a
	return a
}

func appendKey(key []byte, p *Process) []byte {
	for _, s := range [...]string{p.Executable, p.Path, p.Folder} {
		key = append(append(key, s...), 0)
	}
	for _, s := range p.Args {
		key = append(append(key, s...), 0)
	}
	return key
}

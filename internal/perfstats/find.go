// SPDX-License-Identifier: Apache-2.0

package perfstats

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"github.com/cilium/ebpf"

	"github.com/sloe-dev/sloe/bpf"
)

// ErrNone is returned where no receiver runs, or only such of another version,
// whose maps have another layout.
var ErrNone = errors.New("no ebpf receiver of this version is attached to this kernel")

// loaded are the programs and maps of one receiver.
type loaded struct {
	programs map[string]*ebpf.Program
	ids      map[string]ebpf.ProgramID
	maps     map[string]*ebpf.Map
}

// Close lets go of them; they stay as they are.
func (l *loaded) Close() {
	for _, p := range l.programs {
		_ = p.Close()
	}
	for _, m := range l.maps {
		_ = m.Close()
	}
}

// lister is the program that lists a receiver's connections.
const lister = "list_conns"

// nameLength is how much of a name the kernel keeps.
const nameLength = 15

// candidate is a program of this kernel, whosever it is.
type candidate struct {
	id   ebpf.ProgramID
	maps []ebpf.MapID
}

// find looks for receivers: sets of programs that share maps, among them one of
// counters with the layout of this version.
func find() ([]*loaded, error) {
	all, err := candidates()
	if err != nil {
		return nil, explain(err)
	}
	counters, err := countersOf(all)
	if err != nil {
		return nil, explain(err)
	}
	if len(counters) == 0 {
		return nil, ErrNone
	}
	var out []*loaded
	for _, id := range counters {
		l := &loaded{programs: map[string]*ebpf.Program{}, ids: map[string]ebpf.ProgramID{}, maps: map[string]*ebpf.Map{}}
		out = append(out, l)
		for _, c := range sharing(all, id) {
			if err := l.take(c); err != nil {
				for _, opened := range out {
					opened.Close()
				}
				return nil, explain(err)
			}
		}
		if l.programs[lister] == nil { // of another version, or being loaded or let go
			l.Close()
			out = out[:len(out)-1]
		}
	}
	if len(out) == 0 {
		return nil, ErrNone
	}
	return out, nil
}

func candidates() ([]candidate, error) {
	var out []candidate
	var id ebpf.ProgramID
	for {
		var err error
		if id, err = ebpf.ProgramGetNextID(id); errors.Is(err, os.ErrNotExist) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		p, err := ebpf.NewProgramFromID(id)
		if errors.Is(err, os.ErrNotExist) {
			continue // it went meanwhile
		}
		if err != nil {
			return nil, err
		}
		info, err := p.Info()
		if err := errors.Join(err, p.Close()); err != nil {
			return nil, err
		}
		if ids, ok := info.MapIDs(); ok && len(ids) > 0 {
			out = append(out, candidate{id, ids})
		}
	}
}

// countersOf returns the maps of counters among those that the programs use, the
// oldest first.
func countersOf(all []candidate) ([]ebpf.MapID, error) {
	seen := map[ebpf.MapID]bool{}
	var out []ebpf.MapID
	for _, c := range all {
		for _, id := range c.maps {
			if seen[id] {
				continue
			}
			seen[id] = true
			m, err := ebpf.NewMapFromID(id)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if isCounters(m) {
				out = append(out, id)
			}
			_ = m.Close()
		}
	}
	slices.Sort(out)
	return out, nil
}

func isCounters(m *ebpf.Map) bool {
	info, err := m.Info()
	return err == nil && info.Name == bpf.SocketMapCounters && m.Type() == ebpf.PerCPUArray &&
		m.ValueSize() == uint32(unsafe.Sizeof(bpf.SocketCounterValues{}))
}

// sharing returns the programs that use a map, or share one with such a program,
// and so on: the maps of a receiver are its own.
func sharing(all []candidate, first ebpf.MapID) []candidate {
	known := map[ebpf.MapID]bool{first: true}
	var out []candidate
	for rest := all; ; {
		var others []candidate
		for _, c := range rest {
			if !slices.ContainsFunc(c.maps, func(id ebpf.MapID) bool { return known[id] }) {
				others = append(others, c)
				continue
			}
			out = append(out, c)
			for _, id := range c.maps {
				known[id] = true
			}
		}
		if len(others) == len(rest) {
			return out
		}
		rest = others
	}
}

// explain names what is needed: it is the kernel's rule for objects of others.
func explain(err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("look at the kernel's programs: %w. It needs CAP_SYS_ADMIN: run as root", err)
	}
	return fmt.Errorf("look at the kernel's programs: %w", err)
}

// take opens a program and its maps.
func (l *loaded) take(c candidate) error {
	p, err := ebpf.NewProgramFromID(c.id)
	if errors.Is(err, os.ErrNotExist) {
		return nil // it went meanwhile
	}
	if err != nil {
		return err
	}
	info, err := p.Info()
	if err != nil {
		return errors.Join(err, p.Close())
	}
	if old := l.programs[info.Name]; old != nil {
		_ = old.Close()
	}
	l.programs[info.Name], l.ids[info.Name] = p, c.id
	return l.takeMaps(c.maps)
}

// takeMaps opens the maps that are not in the set yet.
func (l *loaded) takeMaps(ids []ebpf.MapID) error {
	for _, id := range ids {
		m, err := ebpf.NewMapFromID(id)
		if err != nil {
			return err
		}
		info, err := m.Info()
		if err != nil || l.maps[info.Name] != nil {
			if err := errors.Join(err, m.Close()); err != nil {
				return err
			}
			continue
		}
		l.maps[info.Name] = m
	}
	return nil
}

// find returns a map by its name in the object.
func (l *loaded) find(name string) (*ebpf.Map, error) {
	if m := l.maps[name[:min(len(name), nameLength)]]; m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("the receiver has no map %s", name)
}

// SPDX-License-Identifier: Apache-2.0

package perfstats

import (
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/sloe-dev/sloe/bpf"
)

func (l *loaded) counters() (sum bpf.SocketCounterValues, err error) {
	m, err := l.find(bpf.SocketMapCounters)
	if err != nil {
		return sum, err
	}
	return bpf.SumCounters(m)
}

func (l *loaded) processes() (map[bpf.SocketProcessKey]process, error) {
	m, err := l.find(bpf.SocketMapProcesses)
	if err != nil {
		return nil, err
	}
	out := map[bpf.SocketProcessKey]process{}
	var key bpf.SocketProcessKey
	var id bpf.SocketProcessIdentity
	it := m.Iterate()
	for it.Next(&key, &id) {
		out[key] = process{executable: text(id.Executable[:], id.Comm[:]), exchanges: id.Exchanges}
	}
	if err := it.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return nil, fmt.Errorf("read the processes: %w", err)
	}
	return out, nil
}

// text returns the first of two names that is not empty.
func text(names ...[]int8) string {
	for _, name := range names {
		var b []byte
		for _, c := range name {
			if c == 0 {
				break
			}
			b = append(b, byte(c))
		}
		if len(b) > 0 {
			return string(b)
		}
	}
	return ""
}

// connections walks over the sockets' storage with the receiver's own iterator.
func (l *loaded) connections() (map[uint64]bpf.SocketConnectionStat, error) {
	m, err := l.find(bpf.SocketMapConnections)
	if err != nil {
		return nil, err
	}
	it, err := link.AttachIter(link.IterOptions{Program: l.programs[lister], Map: m})
	if err != nil {
		return nil, fmt.Errorf("attach the iterator over connections: %w", err)
	}
	defer it.Close()
	r, err := it.Open()
	if err != nil {
		return nil, fmt.Errorf("open the iterator over connections: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	out := map[uint64]bpf.SocketConnectionStat{}
	var c bpf.SocketConnectionStat
	size := int(unsafe.Sizeof(c))
	for ; len(b) >= size; b = b[size:] {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&c)), size), b)
		out[c.Conn] = c
	}
	return out, nil
}

// fill counts the entries of the maps that can be full.
func (l *loaded) fill(connections int) ([]Map, error) {
	out := []Map{{Name: bpf.SocketMapConnections, Entries: connections}} // bounded by the sockets' own memory
	for _, name := range []string{bpf.SocketMapProcesses, bpf.SocketMapAggregates, bpf.SocketMapBuckets, bpf.SocketMapOwnFlows} {
		m, err := l.find(name)
		if err != nil {
			return nil, err
		}
		n, err := entries(m)
		if err != nil {
			return nil, fmt.Errorf("count the entries of %s: %w", name, err)
		}
		out = append(out, Map{Name: name, Entries: n, Max: int(m.MaxEntries())})
	}
	return out, nil
}

// entries walks over a map's keys. Keys that come or go meanwhile may be missed or
// met twice, so it gives up at the most that there can be.
func entries(m *ebpf.Map) (int, error) {
	var key any
	next := make([]byte, m.KeySize())
	for n := 0; n < int(m.MaxEntries()); n++ {
		err := m.NextKey(key, &next)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		key = append([]byte(nil), next...)
	}
	return int(m.MaxEntries()), nil
}

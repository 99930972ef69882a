// SPDX-License-Identifier: Apache-2.0

package perfstats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/bpf"
)

// Read looks at every receiver of the host for a period, with the kernel's
// run-time statistics switched on for as long: they add some 20 ns to each run of
// each program on the host. It lists at most top processes and connections of
// each. It returns ErrNone, wrapped, where there is no receiver.
func Read(ctx context.Context, period time.Duration, top int) (Report, error) {
	sets, err := find()
	if err != nil {
		return Report{}, err
	}
	defer func() {
		for _, l := range sets {
			l.Close()
		}
	}()
	stats, err := ebpf.EnableStats(uint32(unix.BPF_STATS_RUN_TIME))
	if err != nil {
		return Report{}, fmt.Errorf("switch the kernel's run-time statistics on: %w", err)
	}
	defer stats.Close()

	before := make([]sample, len(sets))
	for i, l := range sets {
		if before[i], err = l.sample(); err != nil {
			return Report{}, err
		}
	}
	began := time.Now()
	select {
	case <-time.After(period):
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	seconds := time.Since(began).Seconds()

	report := Report{Seconds: seconds, Receivers: []Receiver{}}
	held := owners("/proc")
	for i, l := range sets {
		after, err := l.sample()
		if err != nil {
			return Report{}, err
		}
		r, err := l.report(&before[i], &after, seconds, top)
		if err != nil {
			return Report{}, err
		}
		for _, id := range l.ids {
			if pid := held[uint32(id)]; pid != 0 {
				r.PID, r.Name = pid, nameOf("/proc", pid)
			}
		}
		report.Receivers = append(report.Receivers, r)
	}
	return report, nil
}

// sample is what is read before and after the period.
type sample struct {
	programs    map[string]*ebpf.ProgramStats
	counters    bpf.SocketCounterValues
	processes   map[bpf.SocketProcessKey]process
	connections map[uint64]bpf.SocketConnectionStat
}

type process struct {
	executable string
	exchanges  uint64
}

func (l *loaded) sample() (sample, error) {
	s := sample{programs: map[string]*ebpf.ProgramStats{}}
	for name, p := range l.programs {
		stats, err := p.Stats()
		if err != nil {
			return s, fmt.Errorf("read the statistics of %s: %w", name, err)
		}
		s.programs[name] = stats
	}
	var errs [3]error
	s.counters, errs[0] = l.counters()
	s.processes, errs[1] = l.processes()
	s.connections, errs[2] = l.connections()
	s.addUntold()
	return s, errors.Join(errs[:]...)
}

// addUntold adds the exchanges that connections have not told their processes of yet.
func (s *sample) addUntold() {
	for _, c := range s.connections {
		if p, known := s.processes[c.Process]; known {
			p.exchanges += uint64(c.Untold)
			s.processes[c.Process] = p
		}
	}
}

func (l *loaded) report(before, after *sample, seconds float64, top int) (Receiver, error) {
	r := Receiver{Programs: []Program{}, Lost: map[string]uint64{}}
	var total uint64
	for _, name := range slices.Sorted(maps.Keys(l.programs)) {
		info, err := l.programs[name].Info()
		if err != nil {
			return r, fmt.Errorf("read about %s: %w", name, err)
		}
		was, is := before.programs[name], after.programs[name]
		p := Program{
			Name: name, Tag: info.Tag, Type: l.programs[name].Type().String(),
			Runs: is.RunCount - was.RunCount, Ns: uint64(is.Runtime - was.Runtime), Skipped: is.RecursionMisses,
		}
		if p.Runs > 0 {
			p.NsPerRun = float64(p.Ns) / float64(p.Runs)
		}
		total += p.Ns
		r.Programs = append(r.Programs, p)
	}
	r.Cores = float64(total) / 1e9 / seconds
	r.Exchanges = exchangesOf(&after.counters)
	r.Exchanges.PerSecond = float64(r.Exchanges.Ended-exchangesOf(&before.counters).Ended) / seconds
	for counter, reason := range bpf.LossReasons {
		r.Lost[reason] = after.counters.Of[counter]
	}
	r.Processes = topProcesses(before, after, seconds, top)
	r.Connections = topConnections(before, after, seconds, top)
	var err error
	if r.Ring, err = l.ring(); err != nil {
		return r, err
	}
	r.Maps, err = l.fill(len(after.connections))
	return r, err
}

func exchangesOf(c *bpf.SocketCounterValues) Exchanges {
	e := Exchanges{
		Ended: c.Of[bpf.SocketCounterCOUNT_ANSWERED] + c.Of[bpf.SocketCounterCOUNT_ABORTED_BY_SERVER] +
			c.Of[bpf.SocketCounterCOUNT_ABORTED_BY_CLIENT],
		Delivered: c.Of[bpf.SocketCounterCOUNT_DELIVERED],
		Spilled:   map[string]uint64{},
	}
	for reason, name := range bpf.SpillReasons {
		e.Spilled[name] = c.Of[bpf.SocketCounterCOUNT_SPILLED+bpf.SocketCounter(reason)]
	}
	return e
}

// ring reads the level of the ring buffer, and takes nothing out of it.
func (l *loaded) ring() (Ring, error) {
	m, err := l.find(bpf.SocketMapRecords)
	if err != nil {
		return Ring{}, err
	}
	reader, err := ringbuf.NewReader(m)
	if err != nil {
		return Ring{}, fmt.Errorf("look at the ring buffer: %w", err)
	}
	defer reader.Close()
	return Ring{Unread: reader.AvailableBytes(), Size: reader.BufferSize()}, nil
}

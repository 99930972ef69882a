// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// asker asks the gate at a rate, whatever the answers take: the time of an answer
// is counted from when the question was due, so that a pause is seen by all who
// were to ask within it.
//
// It is one thread that waits for its timer and its sockets itself, so that what it
// measures is the server's and the network's: between an answer that is there and
// the time it is given lies no goroutine that is to be woken.
type asker struct {
	address     string
	rate        int
	connections int
	path        func(question int) string
	status      int // that is expected
}

// asking is a run of an asker.
type asking struct {
	asker
	began    time.Time
	next     int // the question that is put next
	answered int
	took     []time.Duration

	poll   int
	timer  int
	opened []int // all descriptors
	lines  map[int32]*line
	idle   []*line
}

// latencies are those of the answers, ascending.
type latencies []time.Duration

func (a asker) run(length time.Duration) (all latencies, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := &asking{asker: a, took: make([]time.Duration, a.rate*int(length/time.Second)), lines: map[int32]*line{}}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.open(); err != nil {
		return nil, err
	}
	events := make([]unix.EpollEvent, a.connections+1)
	for r.answered < len(r.took) {
		n, err := unix.EpollWait(r.poll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return nil, fmt.Errorf("epoll_wait: %w", err)
		}
		for _, e := range events[:max(n, 0)] {
			if err := r.handle(e.Fd); err != nil {
				return nil, err
			}
		}
		if err := r.put(); err != nil {
			return nil, err
		}
	}
	slices.Sort(r.took)
	return r.took, nil
}

func (r *asking) open() (err error) {
	if r.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	r.opened = append(r.opened, r.poll)
	if r.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return fmt.Errorf("timerfd_create: %w", err)
	}
	r.opened = append(r.opened, r.timer)
	if err := r.watch(r.timer); err != nil {
		return err
	}
	for range r.connections {
		l, err := dial(r.address)
		if err != nil {
			return err
		}
		r.opened = append(r.opened, l.fd)
		r.lines[int32(l.fd)] = l
		r.idle = append(r.idle, l)
		if err := r.watch(l.fd); err != nil {
			return err
		}
	}
	every := unix.NsecToTimespec(int64(time.Second) / int64(r.rate))
	r.began = time.Now()
	return unix.TimerfdSettime(r.timer, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil)
}

func (r *asking) watch(fd int) error {
	err := unix.EpollCtl(r.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	if err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (r *asking) close() (err error) {
	for _, fd := range r.opened {
		err = errors.Join(err, unix.Close(fd))
	}
	return err
}

// handle takes what made a descriptor ready: a tick, or a part of an answer.
func (r *asking) handle(fd int32) error {
	l := r.lines[fd]
	if l == nil {
		var ticks [8]byte
		_, err := unix.Read(r.timer, ticks[:])
		return err
	}
	status, err := l.read()
	if err != nil {
		return fmt.Errorf("question %d: %w", l.question, err)
	}
	if status == 0 {
		return nil // the rest of it is still to come
	}
	if status != r.status {
		return fmt.Errorf("question %d was answered with status %d", l.question, status)
	}
	r.took[l.question] = time.Since(r.due(l.question))
	r.answered++
	r.idle = append(r.idle, l)
	return nil
}

// put puts the questions that are due, as far as connections are idle.
func (r *asking) put() error {
	for len(r.idle) > 0 && r.next < len(r.took) && !time.Now().Before(r.due(r.next)) {
		l := r.idle[0] // in turn: the server closes what is idle for long
		r.idle = append(r.idle[:0], r.idle[1:]...)
		if err := l.ask(r.next, r.path(r.next), r.address); err != nil {
			return fmt.Errorf("question %d: %w", r.next, err)
		}
		r.next++
	}
	return nil
}

func (r *asking) due(question int) time.Time {
	return r.began.Add(time.Duration(question+1) * time.Second / time.Duration(r.rate))
}

func (l latencies) String() string {
	at := func(share float64) string {
		return fmt.Sprintf("%.2f", float64(l[min(int(share*float64(len(l))), len(l)-1)])/float64(time.Millisecond))
	}
	late := 0
	for _, d := range l {
		if d > time.Millisecond {
			late++
		}
	}
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, p99.9 %s, max %s ms; %.3f %% above 1 ms, of %d",
		at(0.5), at(0.9), at(0.99), at(0.999), at(1), 100*float64(late)/float64(len(l)), len(l))
}

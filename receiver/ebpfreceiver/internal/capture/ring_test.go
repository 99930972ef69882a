// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"net"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The part of io_uring (io_uring_setup(2)) that a server of one connection needs: one
// request at a time, each waited for.
const (
	ringOpSend, ringOpRecv       = 26, 27
	ringOffSQ, ringOffSQEs       = 0, 0x10000000
	ringEnterGetEvents           = 1
	ringEnterWakeUp              = 2 // the thread of a ring with ringSetupPolled, if it sleeps
	ringSetupPolled              = 2 // a thread of the kernel submits (IORING_SETUP_SQPOLL)
	ringIdleMs                   = 10
	ringEntries, ringSizeOfEntry = 4, 64
)

type ringParams struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wq uint32
	_                                                    [3]uint32
	sq, cq                                               [10]uint32 // head, tail, mask, ..., array (sq) or entries (cq) at 6 and 5
}

type ring struct {
	fd             int
	rings, sqes    []byte
	params         ringParams
	sqHead, sqTail *uint32
	cqHead, cqTail *uint32
	enter          uintptr // flags of io_uring_enter
}

func newRing(flags uint32) (*ring, error) {
	r := &ring{params: ringParams{flags: flags, idle: ringIdleMs}}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, ringEntries, uintptr(unsafe.Pointer(&r.params)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w", errno)
	}
	r.fd, r.enter = int(fd), ringEnterGetEvents
	if flags&ringSetupPolled != 0 {
		r.enter |= ringEnterWakeUp
	}
	var err error
	if r.rings, err = unix.Mmap(r.fd, ringOffSQ, ringSpan(&r.params), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return nil, err
	}
	if r.sqes, err = unix.Mmap(r.fd, ringOffSQEs, ringEntries*ringSizeOfEntry, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return nil, err
	}
	r.sqHead, r.sqTail = r.word(r.params.sq[0]), r.word(r.params.sq[1])
	r.cqHead, r.cqTail = r.word(r.params.cq[0]), r.word(r.params.cq[1])
	return r, nil
}

// ringSpan is how long the mapping of both rings is.
func ringSpan(p *ringParams) int {
	return max(int(p.sq[6]+p.sqEntries*4), int(p.cq[5]+p.cqEntries*16))
}

func (r *ring) word(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[offset])) }

// do submits one operation and waits for what came of it.
func (r *ring) do(operation uint8, fd int, b []byte) (int, error) {
	at := atomic.LoadUint32(r.sqTail) & (ringEntries - 1)
	entry := r.sqes[at*ringSizeOfEntry : (at+1)*ringSizeOfEntry]
	clear(entry)
	entry[0] = operation
	*(*int32)(unsafe.Pointer(&entry[4])) = int32(fd)
	*(*uint64)(unsafe.Pointer(&entry[16])) = uint64(uintptr(unsafe.Pointer(&b[0])))
	*(*uint32)(unsafe.Pointer(&entry[24])) = uint32(len(b))
	*r.word(r.params.sq[6] + at*4) = at
	atomic.AddUint32(r.sqTail, 1)
	top := atomic.LoadUint32(r.cqHead)
	for atomic.LoadUint32(r.cqTail) == top {
		// a signal ends the wait, which the call does not tell if it has submitted something
		submit := atomic.LoadUint32(r.sqTail) - atomic.LoadUint32(r.sqHead)
		_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(submit), 1, r.enter, 0, 0)
		if errno != 0 && errno != unix.EINTR {
			return 0, fmt.Errorf("io_uring_enter: %w", errno)
		}
	}
	result := *(*int32)(unsafe.Pointer(&r.rings[r.params.cq[5]+(top&(r.params.cqEntries-1))*16+8]))
	atomic.StoreUint32(r.cqHead, top+1)
	if result < 0 {
		return 0, unix.Errno(-result)
	}
	return int(result), nil
}

func playRing(turns <-chan int, done func()) error {
	r, err := newRing(0)
	if err != nil {
		return err
	}
	client, server, err := connected()
	if err != nil {
		return err
	}
	defer client.Close()
	go func() { _ = answerByRing(r, server) }() // what fails leaves the client waiting
	return askEach(client, turns, done)
}

func answerByRing(r *ring, server *net.TCPConn) error {
	raw, err := server.File()
	if err != nil {
		return err
	}
	fd, buffer := int(raw.Fd()), make([]byte, len(httpRequest))
	for {
		n, err := r.do(ringOpRecv, fd, buffer)
		if err != nil || n == 0 {
			return err
		}
		if _, err := r.do(ringOpSend, fd, []byte(httpResponse)); err != nil {
			return err
		}
	}
}

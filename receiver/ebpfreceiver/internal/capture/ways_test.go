// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A way to move bytes through a socket: system calls, with nothing between them and
// the test.
type way struct {
	send    func(fd int, b []byte) error
	receive func(fd int, b []byte) (int, error) // some of what there is, as read(2)
}

// bodyBytes at the end of a message are its body, to the ways that send head and body
// apart.
const bodyBytes = 3

// The ways, by what they are called.
var (
	plain = way{
		send:    func(fd int, b []byte) error { return all(len(b))(unix.Write(fd, b)) },
		receive: unix.Read,
	}
	flagged = way{
		send: func(fd int, b []byte) error { return unix.Send(fd, b, unix.MSG_NOSIGNAL) },
		receive: func(fd int, b []byte) (int, error) {
			n, _, err := unix.Recvfrom(fd, b, unix.MSG_WAITALL)
			return n, err
		},
	}
	vectors = way{
		send:    func(fd int, b []byte) error { return all(len(b))(unix.Writev(fd, inThree(b))) },
		receive: func(fd int, b []byte) (int, error) { return unix.Readv(fd, inThree(b)) },
	}
	positioned = way{ // of a socket the position is always -1
		send:    func(fd int, b []byte) error { return all(len(b))(unix.Pwritev2(fd, inThree(b), -1, 0)) },
		receive: func(fd int, b []byte) (int, error) { return unix.Preadv2(fd, inThree(b), -1, 0) },
	}
	messages = way{
		send: func(fd int, b []byte) error { return all(len(b))(unix.SendmsgBuffers(fd, inThree(b), nil, nil, 0)) },
		receive: func(fd int, b []byte) (int, error) {
			n, _, _, _, err := unix.RecvmsgBuffers(fd, inThree(b), nil, 0)
			return n, err
		},
	}
	single = way{
		send:    func(fd int, b []byte) error { return all(len(b))(many(unix.SYS_SENDMMSG, fd, b)) },
		receive: func(fd int, b []byte) (int, error) { return many(unix.SYS_RECVMMSG, fd, b) },
	}
	severalAtOnce = way{
		send: func(fd int, b []byte) error {
			at := len(b) - bodyBytes
			return all(len(b))(many(unix.SYS_SENDMMSG, fd, b[:at], b[at:]))
		},
		receive: func(fd int, b []byte) (int, error) { return many(unix.SYS_RECVMMSG, fd, b[:1], b[1:]) },
	}
	peeking = way{
		send: plain.send,
		receive: func(fd int, b []byte) (int, error) {
			if _, _, err := unix.Recvfrom(fd, b, unix.MSG_PEEK); err != nil {
				return 0, err
			}
			return unix.Read(fd, b)
		},
	}
	byteByByte = way{
		send:    plain.send,
		receive: func(fd int, b []byte) (int, error) { return unix.Read(fd, b[:1]) },
	}
	bytesApart = way{
		send: func(fd int, b []byte) error {
			for i := range b {
				if err := plain.send(fd, b[i:i+1]); err != nil {
					return err
				}
			}
			return nil
		},
		receive: unix.Read,
	}
	fileBody = way{
		send: func(fd int, b []byte) error {
			at := len(b) - bodyBytes
			return errors.Join(plain.send(fd, b[:at]), sendFile(fd, b[at:]))
		},
		receive: unix.Read,
	}
	file        = way{send: sendFile, receive: unix.Read}
	splicedBody = way{
		send: func(fd int, b []byte) error {
			at := len(b) - bodyBytes
			return errors.Join(plain.send(fd, b[:at]), spliceTo(fd, b[at:]))
		},
		receive: unix.Read,
	}
)

// byRing moves bytes through an io_uring of its own. Who waits receives before there
// are bytes, so that the request is armed and goes on when they arrive; otherwise they
// are there when it is made.
func byRing(flags uint32, waits bool) way {
	get := sync.OnceValues(func() (*ring, error) { return newRing(flags) }) // in the process that plays
	return way{
		send: func(fd int, b []byte) error {
			r, err := get()
			if err != nil {
				return err
			}
			return all(len(b))(r.do(ringOpSend, fd, b))
		},
		receive: func(fd int, b []byte) (int, error) {
			r, err := get()
			if err != nil {
				return 0, err
			}
			if !waits {
				if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != nil {
					return 0, err
				}
			}
			return r.do(ringOpRecv, fd, b)
		},
	}
}

// all makes an error of a call that moved less than it was asked to.
func all(want int) func(n int, err error) error {
	return func(n int, err error) error {
		if err == nil && n != want {
			return fmt.Errorf("%d of %d bytes: %w", n, want, io.ErrShortWrite)
		}
		return err
	}
}

// inThree cuts a buffer into three: one of two bytes, an empty one, and the rest.
func inThree(b []byte) [][]byte {
	at := min(2, len(b))
	return [][]byte{b[:at], {}, b[at:]}
}

// lastWrite closes this side after what it sends.
func lastWrite(fd int, b []byte) error {
	return errors.Join(plain.send(fd, b), unix.Shutdown(fd, unix.SHUT_WR))
}

// messageHeader is struct mmsghdr.
type messageHeader struct {
	unix.Msghdr
	Len uint32
}

// many moves each buffer as a message of its own with sendmmsg or recvmmsg, and
// returns how many bytes went.
func many(call uintptr, fd int, buffers ...[]byte) (int, error) {
	headers, vectors := make([]messageHeader, len(buffers)), make([]unix.Iovec, len(buffers))
	for i, b := range buffers {
		vectors[i].Base = unsafe.SliceData(b)
		vectors[i].SetLen(len(b))
		headers[i].Iov = &vectors[i]
		headers[i].SetIovlen(1)
	}
	moved, _, errno := unix.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&headers[0])), uintptr(len(headers)), unix.MSG_WAITFORONE, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	n := 0
	for i := range moved {
		n += int(headers[i].Len)
	}
	return n, nil
}

func sendFile(fd int, b []byte) error {
	from, err := unix.MemfdCreate("body", 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(from) }() // it was read
	if err := plain.send(from, b); err != nil {
		return err
	}
	var offset int64
	return all(len(b))(unix.Sendfile(fd, from, &offset, len(b)))
}

func pipe() (ends [2]int, closeBoth func(), err error) {
	err = unix.Pipe2(ends[:], 0)
	return ends, func() { _, _ = unix.Close(ends[0]), unix.Close(ends[1]) }, err
}

func spliceTo(fd int, b []byte) error {
	ends, closeBoth, err := pipe()
	if err != nil {
		return err
	}
	defer closeBoth()
	if err := plain.send(ends[1], b); err != nil {
		return err
	}
	n, err := unix.Splice(ends[0], nil, fd, nil, len(b), 0)
	return all(len(b))(int(n), err)
}

func spliceFrom(fd int, b []byte) (int, error) {
	ends, closeBoth, err := pipe()
	if err != nil {
		return 0, err
	}
	defer closeBoth()
	n, err := unix.Splice(fd, nil, ends[1], nil, len(b), 0)
	if n <= 0 || err != nil {
		return 0, err
	}
	return io.ReadFull(pipeEnd(ends[0]), b[:n])
}

// pipeEnd is a descriptor to read from.
type pipeEnd int

func (p pipeEnd) Read(b []byte) (int, error) { return unix.Read(int(p), b) }
